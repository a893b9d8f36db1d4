//! Discounts as they live: what they are of, when they are spent, when they end.
//!
//! A discount that has ended stays where an invoice shows it, marked as deleted; nothing new takes
//! it. So do coupons that were deleted: their discounts go on.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/coupons>. The order of events was
//! recorded.

use crate::flows::subscribing;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The kind under which coupons are kept that were deleted.
const GONE: &str = "coupon.gone";

/// A coupon, be it deleted.
pub fn coupon<'t>(tx: &'t Tx<'_>, id: &str) -> Option<&'t Rc<Map>> {
    tx.get("coupon", id).or_else(|| tx.get(GONE, id))
}

/// The coupon of the discount of that id.
pub fn coupon_of<'t>(tx: &'t Tx<'_>, discount: &Value) -> Option<&'t Rc<Map>> {
    let discount = tx.get("discount", discount.as_id()?)?;
    coupon(tx, discount.path("source.coupon").as_id()?)
}

/// Keeps a coupon that is about to be deleted.
pub fn keep_coupon(tx: &mut Tx<'_>, mut coupon: Map) {
    coupon.set("object", GONE);
    tx.save(coupon);
}

/// Whether a discount still takes something off.
pub fn is_in_force(tx: &Tx<'_>, discount: &Value) -> bool {
    let discount = discount.as_id().and_then(|id| tx.get("discount", id));
    discount.is_some_and(|discount| {
        let ends = discount.at("end").as_int();
        !discount.is_true("deleted") && ends.is_none_or(|ends| tx.now() < ends)
    })
}

/// Ends a discount, which is told of; `at` is when somebody took it away.
pub fn end(tx: &mut Tx<'_>, id: &str, at: Option<i64>) {
    let Some(mut discount) = tx.load("discount", id) else { return };
    if discount.is_true("deleted") {
        return;
    }
    if at.is_some() {
        discount.set("end", at);
    }
    tx.announce("customer.discount.deleted", Rc::new(discount.clone()));
    forget(tx, discount);
}

/// Marks a discount as deleted; nobody is told.
pub fn forget(tx: &mut Tx<'_>, mut discount: Map) {
    tx.unschedule("discount.end", discount.str("id"));
    discount.remove("end");
    discount.set("deleted", true);
    tx.save_untold(discount);
}

/// Spends the discounts in a list that are for once, of those whose owner is one of the named
/// fields.
pub fn spend(tx: &mut Tx<'_>, discounts: &[Value], owners: &[&str]) {
    end_owned(tx, discounts, owners, None);
}

/// The discounts in a list go with their owner, of those whose owner is one of the named fields.
pub fn go_with(tx: &mut Tx<'_>, discounts: &[Value], owners: &[&str]) {
    let now = tx.now();
    end_owned(tx, discounts, owners, Some(now));
}

fn end_owned(tx: &mut Tx<'_>, discounts: &[Value], owners: &[&str], at: Option<i64>) {
    for id in discounts {
        let is_once = coupon_of(tx, id).is_some_and(|coupon| coupon.str("duration") == "once");
        let Some(discount) = id.as_id().and_then(|id| tx.get("discount", id)) else { continue };
        let is_owned = owners.iter().any(|owner| !discount.at(owner).is_null());
        if is_owned && (is_once || at.is_some()) {
            let id = discount.str("id").to_string();
            end(tx, &id, at);
        }
    }
}

/// Takes the discounts off the owner's list that are not in force any more.
pub fn prune(tx: &Tx<'_>, owner: &mut Map) {
    let mut discounts = owner.at("discounts").as_list().unwrap_or_default().to_vec();
    discounts.retain(|id| is_in_force(tx, id));
    owner.set("discounts", discounts);
}

/// The time of a discount is over: what had it has it no more. A subscription that changes so is told
/// of before; that a customer does, the end of the discount tells (recorded).
pub fn run(tx: &mut Tx<'_>, id: &str) {
    let Some(discount) = tx.load("discount", id) else { return };
    let item = discount.at("subscription_item").as_id();
    let mut of = discount.at("subscription").as_id().map(str::to_string);
    if let Some(mut item) = item.and_then(|id| tx.load("subscription_item", id)) {
        prune(tx, &mut item);
        of = item.at("subscription").as_id().map(str::to_string);
        tx.save(item);
    }
    if let Some(mut subscription) = of.and_then(|id| tx.load("subscription", &id)) {
        prune(tx, &mut subscription);
        subscribing::show_items(tx, &mut subscription);
        tx.save(subscription);
    }
    let customer = discount.at("customer").as_id().and_then(|id| tx.load("customer", id));
    if let Some(mut customer) = customer.filter(|it| it.path("discount.id").as_str() == Some(id)) {
        customer.set("discount", Value::Null);
        tx.save_untold(customer);
    }
    end(tx, id, None);
}
