//! Bad input: each request gets an `error` body with Stripe's status, and the partition works on.

use crate::stripe::{Answer, Stripe};
use fakestripe::partition::Validation;
use fakestripe::schema::{Operation, Verb};

const KEY: &str = "authorization: Bearer sk_test_native";
const FORM: &str = "content-type: application/x-www-form-urlencoded";
const JSON: &str = "content-type: application/json";
const MULTIPART: &str = "content-type: multipart/form-data; boundary=XX";

/// Forms that no operation takes.
const FORMS: &[&[u8]] = &[
    b"=1",
    b"[=1",
    b"]=1",
    b"[]=1",
    b"[a]=1",
    b"metadata[=1",
    b"metadata]=1",
    b"metadata[a=1",
    b"metadata[a]b=1",
    b"metadata[a]]=1",
    b"metadata[[a]]=1",
    b"metadata[a[b]]=1",
    b"metadata%5Ba=1",
    b"metadata=1&metadata[a]=2",
    b"metadata[a]=1&metadata=2",
    b"metadata[]=1",
    b"metadata[a][b]=1",
    b"metadata[a][]=1",
    b"metadata=%ff",
    b"metadata[%c3]=1",
    b"metadata[a]=%",
    b"metadata[a]=%4",
    b"metadata[a]=%zz",
    b"metadata[a]=%u0041",
    b"expand=customer",
    b"expand[1]=a",
    b"expand[x]=a",
    b"expand[-1]=a",
    b"expand[99999999999999999999999]=a",
    b"expand[][]=a",
    b"__proto__=1",
    b"__proto__[a]=1",
    b"constructor[prototype][a]=1",
    b"\xff\xfe=1",
    b"\x00=1",
    b"wat=1",
];

/// Whatever is wrong with a request, its answer is an error a client can read.
fn refused(answer: &Answer, statuses: std::ops::Range<u16>, what: &str) {
    assert!(statuses.contains(&answer.status), "{what}: {} {:?}", answer.status, answer.body);
    assert!(!answer.error("message").is_empty(), "{what}: {:?}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
}

/// What a partition that has suffered nothing can do.
fn still_works(stripe: &mut Stripe) {
    let customer = stripe.post("/v1/customers", "email=ana@example.com");
    let path = format!("/v1/customers/{}", customer.id());
    assert_eq!(stripe.get(&path).body.str("email"), "ana@example.com");
    assert_eq!(stripe.delete(&path).status, 200);
}

#[test]
fn forms_that_cannot_be_read_are_refused() {
    let mut stripe = Stripe::new("malformed");
    let customer = stripe.post("/v1/customers", "name=Ana").id().to_string();
    for path in ["/v1/customers", &format!("/v1/customers/{customer}"), "/v1/products"] {
        for form in FORMS {
            let head = format!("POST https://api.stripe.com{path}\n{KEY}\n{FORM}");
            let what = format!("{path} {}", String::from_utf8_lossy(form));
            refused(&stripe.raw(&head, form), 400..401, &what);
        }
    }
    let deep = format!("metadata{}=1", "[a]".repeat(50_000));
    let head = format!("POST https://api.stripe.com/v1/customers\n{KEY}\n{FORM}");
    refused(&stripe.raw(&head, deep.as_bytes()), 400..401, "deep nesting");
    still_works(&mut stripe);
}

#[test]
fn queries_that_cannot_be_read_are_refused() {
    let mut stripe = Stripe::new("malformed");
    for form in FORMS {
        let Ok(query) = std::str::from_utf8(form) else { continue };
        let head = format!("GET https://api.stripe.com/v1/customers?{query}\n{KEY}");
        refused(&stripe.raw(&head, b""), 400..401, query);
    }
    let long =
        format!("GET https://api.stripe.com/v1/customers?email={}\n{KEY}", "a".repeat(20_000));
    refused(&stripe.raw(&long, b""), 414..415, "a long query");
    still_works(&mut stripe);
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut stripe = Stripe::new("malformed");
    let numbers = [
        "abc",
        "1e3",
        "1.5",
        "0x10",
        "+1",
        " 1",
        "1 ",
        "NaN",
        "Infinity",
        "--1",
        "1,000",
        "99999999999999999999",
        "-99999999999999999999",
        "9223372036854775808",
        "true",
        "\u{661}",
    ];
    for number in numbers {
        let form = format!("amount={}&currency=usd", number.replace('+', "%2B"));
        let answer = stripe.try_post("/v1/payment_intents", &form);
        refused(&answer, 400..401, number);
        assert_eq!(answer.error("code"), "parameter_invalid_integer", "{number}");
        let answer = stripe.get(&format!("/v1/customers?limit={}", number.replace('+', "%2B")));
        refused(&answer, 400..401, number);
    }
    still_works(&mut stripe);
}

#[test]
fn bodies_of_the_wrong_kind_are_refused() {
    let mut stripe = Stripe::new("malformed");
    let v1 = "POST https://api.stripe.com/v1/customers";
    let v2 = "POST https://api.stripe.com/v2/core/accounts\nstripe-version: 2026-10-28.endive";
    let files = "POST https://files.stripe.com/v1/files";
    let deep = [b"{\"a\":".as_slice(), &b"[".repeat(200_000)].concat();
    let table: &[(&str, &str, &[u8])] = &[
        (v1, JSON, b"{\"name\":\"Ana\"}"),
        (v1, JSON, b"{"),
        (v1, "content-type: text/plain", b"name=Ana"),
        (v1, "content-type: application/xml", b"<name/>"),
        (v1, "content-type: ;;;", b"name=Ana"),
        (v1, "content-type:", b"name=Ana"),
        (v1, "", b"name=Ana"),
        (v2, FORM, b"name=Ana"),
        (v2, JSON, b"[]"),
        (v2, JSON, b"null"),
        (v2, JSON, b"1e999"),
        (v2, JSON, b"{\"a\":1e999}"),
        (v2, JSON, b"{\"a\":}"),
        (v2, JSON, b"{\"a\":\"\\ud800\"}"),
        (v2, JSON, b"{\"a\":\"\xff\"}"),
        (v2, JSON, b"{\"__proto__\":{\"a\":1}}"),
        (v2, JSON, b"{\"wat\":1}"),
        (v2, JSON, &deep),
        (files, "content-type: multipart/form-data", b"--XX--"),
        (files, MULTIPART, b"--YY--"),
        (files, MULTIPART, b"--XX"),
        (files, MULTIPART, b"--XX\r\n"),
        (files, MULTIPART, b"--XX\r\n\r\n\r\n--XX--"),
        (files, MULTIPART, b"--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nx"),
        (files, MULTIPART, b"--XX--"),
    ];
    for (request, content_type, body) in table {
        let answer = stripe.raw(&format!("{request}\n{KEY}\n{content_type}"), body);
        let what = format!("{request} {content_type} {:.40}", String::from_utf8_lossy(body));
        refused(&answer, 400..401, &what);
    }
    still_works(&mut stripe);
}

#[test]
fn heads_that_mean_nothing_are_refused() {
    let mut stripe = Stripe::new("malformed");
    let table = [
        ("", 401..405),
        ("\n\n\n", 401..405),
        ("GET", 401..405),
        ("GET https://api.stripe.com/v1/customers", 401..402),
        ("GET https://api.stripe.com/v1/customers\nauthorization:", 401..402),
        ("GET https://api.stripe.com/v1/customers\nauthorization: Bearer", 401..402),
        ("GET https://api.stripe.com/v1/customers\nauthorization: Basic \u{e9}", 401..402),
        ("GET https://api.stripe.com/v1/customers\nauthorization: Bearer nonsense", 401..402),
        ("GET https://api.stripe.com/\nauthorization: Bearer sk_test_native", 404..405),
        ("GET https://api.stripe.com\nauthorization: Bearer sk_test_native", 404..405),
        ("GET https://api.stripe.com/v1\nauthorization: Bearer sk_test_native", 404..405),
        ("GET https://api.stripe.com/v1/%ff\nauthorization: Bearer sk_test_native", 404..405),
        (
            "GET https://api.stripe.com/v1/customers/%ff\nauthorization: Bearer sk_test_native",
            400..405,
        ),
        (
            "GET https://api.stripe.com/v1/customers/..%2f\nauthorization: Bearer sk_test_native",
            404..405,
        ),
        ("GET https://api.stripe.com/v3/customers\nauthorization: Bearer sk_test_native", 404..405),
        ("PUT https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native", 404..405),
        (
            "PATCH https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native",
            404..405,
        ),
        (
            "BREW https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native",
            404..405,
        ),
        (
            "GET https://unknown.stripe.com/v1/customers\nauthorization: Bearer sk_test_native",
            404..405,
        ),
        (
            "GET https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native\n\
             stripe-version: latest",
            400..401,
        ),
        (
            "GET https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native\n\
             stripe-account: acct_nobody",
            403..404,
        ),
        (
            "POST https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_native\n\
             idempotency-key:",
            400..401,
        ),
    ];
    for (head, statuses) in table {
        refused(&stripe.raw(head, b""), statuses, head);
    }
    still_works(&mut stripe);
}

/// Marsaglia's xorshift: the same requests for the same seed, everywhere.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A parameter of the operation, or a name that is none, with any value.
fn pair(random: &mut Xorshift, operation: Operation) -> String {
    let fields: Vec<&str> = operation.params().fields().map(|field| field.name).collect();
    let name = match random.below(10) {
        0 => random.one_of(&["wat", "__proto__", "a[", "]", "", "metadata[a]", "expand[]"]),
        _ if fields.is_empty() => "metadata[k]",
        _ => fields[random.below(fields.len())],
    };
    let tail =
        random.one_of(&["", "", "", "[]", "[0]", "[a]", "[0][price]", "[type]", "[gt]", "[[]"]);
    let value = random.one_of(&[
        "",
        "1",
        "0",
        "-1",
        "true",
        "now",
        "usd",
        "card",
        "abc",
        "1.5",
        "99999999999999999999",
        "cus_1",
        "%ff",
        "%00",
        "https://a.b",
        "a@b.c",
        "null",
        "%F0%9F%92%B3",
    ]);
    format!("{name}{tail}={value}")
}

/// Every operation, with chance parameters: an answer each time, and an error body unless it is one
/// of success. Unwritten operations may say so.
#[test]
fn any_parameters_are_answered() {
    let seed = 0xfa4e_57e1;
    println!("seed {seed:#x}");
    let mut random = Xorshift(seed);
    for validation in [Validation::Strict, Validation::Off] {
        let mut stripe = Stripe::with("malformed", validation);
        for operation in Operation::all() {
            if matches!(operation.verb(), Verb::Delete) {
                continue;
            }
            let path = operation.path().replace("{id}", "x_1");
            for _ in 0..4 {
                let pairs: Vec<String> =
                    (0..random.below(4)).map(|_| pair(&mut random, operation)).collect();
                let form = pairs.join("&");
                let answer = match operation.method().name() {
                    "POST" => stripe.try_post(&path, &form),
                    method => stripe.send(method, &format!("{path}?{form}"), ""),
                };
                if answer.status != 200 {
                    let what = format!("{} {form}", operation.name());
                    refused(&answer, 400..502, &what);
                    assert_ne!(answer.status, 500, "{what}");
                }
            }
        }
        still_works(&mut stripe);
    }
}
