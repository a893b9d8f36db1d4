//! What becomes of a voucher, by the email of who is to pay it.
//!
//! Stripe's pages: <https://docs.stripe.com/payments/boleto/accept-a-payment#test-your-integration>
//! and those of OXXO, Konbini and Multibanco. That theirs are the same is inferred.

/// When a voucher is paid and how long it can be, in seconds from when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub paid_after: Option<i64>,
    pub lives: i64,
}

/// How long vouchers can be paid.
const LIFE: i64 = 3 * 86_400;

/// How the part before the `@` ends, and what that means.
const FATES: &[(&str, Fate)] = &[
    ("succeed_immediately", Fate { paid_after: Some(0), lives: LIFE }),
    ("expire_immediately", Fate { paid_after: None, lives: 0 }),
    ("expire_with_delay", Fate { paid_after: None, lives: 180 }),
    ("fill_never", Fate { paid_after: None, lives: LIFE }),
];

/// What becomes of a voucher for that email. Nobody pays one that was made for no email.
pub fn fate(email: &str) -> Fate {
    let Some((name, _)) = email.split_once('@') else {
        return Fate { paid_after: None, lives: LIFE };
    };
    let known = FATES.iter().find(|(ending, _)| name.ends_with(ending));
    known.map_or(Fate { paid_after: Some(180), lives: LIFE }, |(_, fate)| *fate)
}
