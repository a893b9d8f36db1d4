import fakestripe = require("fakestripe");
const fake: fakestripe.FakeStripe = fakestripe.FakeStripe.new();
const id: string = fake.customers.create({}).id;
export = id;
