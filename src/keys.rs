//! API keys: whose they are and what they may do.
//!
//! Stripe's page: <https://docs.stripe.com/keys>. Any well-formed test key is let in, because code under test
//! often reads its key before a partition exists; the partition's own keys are what routes a request to it.

use crate::call::{Call, Method};
use crate::errors::{Error, Outcome};
use crate::finder::Named;
use crate::value::Text;

/// What a key lets its holder do.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// `sk_test_...`: everything on the account.
    Secret { account: Text },
    /// `pk_test_...`: what a browser needs.
    Publishable { account: Text },
    /// `rk_test_...`: only what was granted; with no list of grants, everything.
    Restricted { account: Text, key: String, grants: Option<Vec<Grant>> },
}

/// Read or write access to a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The first segment of the URL after the version, such as `payment_intents`.
    pub resource: String,
    pub can_write: bool,
}

/// The keys of a partition.
#[derive(Clone, Debug)]
pub struct Keys {
    secret: String,
    publishable: String,
    platform: Text,
    /// Keys made later: of connected accounts, restricted ones, those that were revoked.
    others: Named<Known>,
}

#[derive(Clone, Debug)]
enum Known {
    Key(Key),
    Expired,
}

/// The operations open to a publishable key: method, path, and whether the object's client secret must
/// come with it.
const PUBLISHABLE: &[(Method, &str, bool)] = &[
    (Method::Post, "/v1/tokens", false),
    (Method::Get, "/v1/tokens/{id}", false),
    (Method::Post, "/v1/sources", false),
    (Method::Get, "/v1/sources/{id}", true),
    (Method::Post, "/v1/payment_methods", false),
    (Method::Post, "/v1/test_helpers/confirmation_tokens", false),
    (Method::Get, "/v1/payment_intents/{id}", true),
    (Method::Post, "/v1/payment_intents/{id}/confirm", true),
    (Method::Get, "/v1/setup_intents/{id}", true),
    (Method::Post, "/v1/setup_intents/{id}/confirm", true),
];

impl Keys {
    pub fn new(secret: String, publishable: String, platform: Text) -> Self {
        Keys { secret, publishable, platform, others: Named::default() }
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    pub fn publishable(&self) -> &str {
        &self.publishable
    }

    /// Replaces the partition's own keys, as a copy of a partition needs.
    pub fn replace(&mut self, secret: String, publishable: String) {
        self.secret = secret;
        self.publishable = publishable;
    }

    /// Lets a key in from now on.
    pub fn add(&mut self, key: String, known: Key) {
        self.others.insert(key.into(), Known::Key(known));
    }

    /// Makes a key answer as one that has expired.
    pub fn expire(&mut self, key: String) {
        self.others.insert(key.into(), Known::Expired);
    }

    /// Whose key it is; an error where it is none.
    pub fn recognize(&self, key: &str) -> Outcome<Key> {
        if key.is_empty() {
            return Err(Error::missing_api_key());
        }
        match self.others.get(key) {
            Some(Known::Key(known)) => return Ok(known.clone()),
            Some(Known::Expired) => return Err(Error::expired_api_key(key)),
            None => {}
        }
        let account = self.platform.clone();
        if key == self.secret {
            return Ok(Key::Secret { account });
        }
        if key == self.publishable {
            return Ok(Key::Publishable { account });
        }
        let is_body = |body: &str| {
            !body.is_empty()
                && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match key.split_once("_test_") {
            Some(("sk", body)) if is_body(body) => Ok(Key::Secret { account }),
            Some(("pk", body)) if is_body(body) => Ok(Key::Publishable { account }),
            Some(("rk", body)) if is_body(body) => {
                Ok(Key::Restricted { account, key: key.to_string(), grants: None })
            }
            _ if ["sk_live_", "rk_live_", "pk_live_"].iter().any(|live| key.starts_with(live)) => {
                Err(Error::live_key(key))
            }
            _ => Err(Error::invalid_api_key(key)),
        }
    }
}

impl Key {
    /// The account the key belongs to.
    pub fn account(&self) -> &Text {
        match self {
            Key::Secret { account }
            | Key::Publishable { account }
            | Key::Restricted { account, .. } => account,
        }
    }

    /// Refuses operations the key may not ask for.
    pub fn permits(&self, call: &Call, account: &str) -> Outcome<()> {
        let path = call.operation().path();
        match self {
            Key::Secret { .. } | Key::Restricted { grants: None, .. } => Ok(()),
            Key::Publishable { .. } => {
                let row = PUBLISHABLE.iter().find(|row| (row.0, row.1) == (call.method, path));
                let has_secret = call.params.contains("client_secret");
                match row {
                    Some((_, _, needs_secret)) if has_secret || !needs_secret => Ok(()),
                    _ => Err(Error::secret_key_required()),
                }
            }
            Key::Restricted { key, grants: Some(grants), .. } => {
                let resource = path.split('/').nth(2).unwrap_or("");
                let writes = call.method != Method::Get;
                let is_granted = grants
                    .iter()
                    .any(|grant| grant.resource == resource && (grant.can_write || !writes));
                if is_granted {
                    return Ok(());
                }
                let access = if writes { "write" } else { "read" };
                let singular = resource.strip_suffix('s').unwrap_or(resource);
                let permission = format!("rak_{singular}_{access}");
                Err(Error::permission_required(key, account, &permission))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new("sk_test_own".into(), "pk_test_own".into(), Text::from("acct_1"))
    }

    #[test]
    fn well_formed_test_keys_are_let_in_and_others_are_not() {
        for good in ["sk_test_own", "sk_test_123", "rk_test_abc", "pk_test_abc"] {
            assert!(keys().recognize(good).is_ok(), "{good}");
        }
        for bad in ["", "blabla", "sk_test_", "sk_live_123", "rk_live_123", "sk_test_a b"] {
            assert!(keys().recognize(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_revoked_key_has_expired() {
        let mut keys = keys();
        keys.expire("sk_test_old".into());
        let error = keys.recognize("sk_test_old").unwrap_err();
        assert_eq!((error.status, error.code.as_deref()), (401, Some("api_key_expired")));
    }
}
