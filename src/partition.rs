//! The whole life of one request. Start reading here.
//!
//! A partition is a pure state machine: (state, now, request) to (state, response). It is told
//! the time with every call and has no clock, no randomness and no socket of its own.

use crate::call::{Body, Call, Host, Method, Origin, Reply};
use crate::domains;
use crate::errors::{Decline, Error, Fate, Outcome};
use crate::events::{self, Cause};
use crate::faults::Fault;
use crate::http::decode::{self, Request};
use crate::http::encode::{self, Exchange};
use crate::keys::{Key, Keys};
use crate::params::{self, Mode};
use crate::render;
use crate::route;
use crate::schema::{self, Operation, Routed, Versions};
use crate::store::clock::{Clock, Milliseconds};
use crate::store::idempotency::{self, Known};
use crate::store::schedule::{Due, Lane};
use crate::store::{Store, Tx};
use crate::value::{Map, Text, Value};
use crate::versions::{self, View};
use crate::webhooks;

/// How strictly parameters are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Against the published shapes, with Stripe's errors.
    Strict,
    /// No parameter is refused.
    Off,
}

/// How a partition starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides every id.
    pub seed: String,
    /// Milliseconds since 1970.
    pub now: Milliseconds,
    /// Whether the clock stands still.
    pub frozen: bool,
    /// The secret key that belongs to the partition, `sk_test_...`.
    pub api_key: String,
    pub publishable_key: String,
    pub validation: Validation,
    /// The account's own version, for requests without `Stripe-Version`.
    pub api_version: String,
}

/// One isolated Stripe.
#[derive(Debug)]
pub struct Partition {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) keys: Keys,
    validation: Validation,
    api_version: Text,
}

/// What became of a call.
struct Answered {
    result: Outcome<Reply>,
    /// The id of the request that was first answered so.
    replay_of: Option<String>,
}

impl From<Outcome<Reply>> for Answered {
    fn from(result: Outcome<Reply>) -> Self {
        Answered { result, replay_of: None }
    }
}

impl Partition {
    /// Starts a partition: empty but for the account behind it.
    pub fn new(options: Options) -> Self {
        let clock = match options.frozen {
            true => Clock::frozen(options.now),
            false => Clock::following(options.now),
        };
        let mut store = Store::new(&options.seed);
        store.validates = options.validation == Validation::Strict;
        let keys = Keys::new(options.api_key, options.publishable_key, store.platform().clone());
        let mut partition = Partition {
            store,
            clock,
            keys,
            validation: options.validation,
            api_version: options.api_version.into(),
        };
        partition.quietly(domains::accounts::found);
        partition
    }

    /// Answers a request as it was caught on the wire: the bytes [`encode::write`] describes.
    /// `host_now` is the host's time in milliseconds since 1970.
    pub fn handle(&mut self, host_now: Milliseconds, head: &str, body: &[u8]) -> Vec<u8> {
        self.clock.tell(host_now);
        self.run_due();
        let request_id = self.store.next_request_id();
        let decoded = decode::decode(&Request::new(head, body));
        let mut call = decoded.call;
        let fault = Fault::of_head(head);
        let answered = self.answer_wire(&mut call, decoded.refusal, &request_id, fault.as_ref());
        let account = call.account.as_deref().unwrap_or(self.store.platform()).to_string();
        let reply = answered.result.unwrap_or_else(|error| {
            let is_oauth = call.host == Host::Connect && call.path.starts_with("/oauth/");
            let error = if is_oauth { error.into_oauth() } else { error };
            let log = (error.status != 401).then_some((account.as_str(), request_id.as_str()));
            encode::refusal(&error, call.is_v2(), log)
        });
        let exchange = Exchange {
            call: &call,
            context: decoded.context.as_deref(),
            now: self.clock.now(),
            request_id: &request_id,
            version: call.version.as_deref().unwrap_or(&self.api_version),
            replay_of: answered.replay_of.as_deref(),
        };
        encode::write(&reply, &exchange, self.store.webhooks.waiting())
    }

    /// Answers a call of the library: the operation's name as the stripe client spells it, the
    /// ids of its path, its parameters.
    pub fn call(
        &mut self,
        host_now: Milliseconds,
        name: &str,
        ids: Vec<String>,
        params: Map,
        account: Option<String>,
    ) -> Outcome<Body> {
        self.clock.tell(host_now);
        self.run_due();
        let Some(operation) = schema::operation(name) else {
            return Err(Error::unknown_method(name));
        };
        let mut call = Call::of(operation, ids, params, Origin::Library);
        call.key = self.keys.secret().to_string();
        call.account = account;
        let account =
            self.account_of(&call, &Key::Secret { account: self.store.platform().clone() })?;
        let request_id = self.store.next_request_id();
        self.execute(&mut call, account, &request_id, None)
    }

    /// Does what the test wants of the partition itself: see [`crate::control`].
    pub fn control(&mut self, host_now: Milliseconds, command: &str, args: Map) -> Outcome<Value> {
        self.clock.tell(host_now);
        // Where the test says how something is settled, it is not settled otherwise before.
        if command != "settle" {
            self.run_due();
        }
        crate::control::run(self, command, &args)
    }

    /// The state, to look at.
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    // The life of a request.

    fn answer_wire(
        &mut self,
        call: &mut Call,
        refusal: Option<Box<Error>>,
        request_id: &str,
        fault: Option<&Fault>,
    ) -> Answered {
        if let Some(answer) = self.download(call) {
            return answer.into();
        }
        if let Some(answer) = self.authorize(call) {
            return answer.into();
        }
        let account = match self.admit(call, refusal) {
            Ok(account) => account,
            Err(error) => return Err(error).into(),
        };
        if !is_keyed(call) {
            return self.carry_out(call, account, request_id, fault).into();
        }
        let now = self.clock.now();
        let key = call.idempotency_key.clone().unwrap_or_default();
        if key.is_empty() || LONGEST_IDEMPOTENCY_KEY < key.len() {
            return Err(Error::idempotency_key_malformed()).into();
        }
        // The work takes the parameters away.
        let parameters = idempotency::parameters(call);
        match self.store.idempotency.look_up(&account, call, parameters, now) {
            Known::New => {}
            Known::Running => return Err(Error::idempotency_key_in_use(&key)).into(),
            Known::OtherParameters => return Err(Error::idempotency_mismatch(&key)).into(),
            Known::OtherPath(first) => {
                return Err(Error::idempotency_endpoint(&key, &call.path, first)).into();
            }
            Known::Answered { reply, request_id } => {
                let replay_of = Some(request_id.to_string());
                return Answered { result: Ok(reply.clone()), replay_of };
            }
        }
        let result = self.carry_out(call, account.clone(), request_id, fault);
        let kept = match &result {
            Ok(reply) => Some(reply.clone()),
            // Stripe keeps what happened once the work had begun, declines and 500s included.
            Err(error) if error.began => {
                let log = Some((account.as_ref(), request_id));
                Some(encode::refusal(error, call.is_v2(), log))
            }
            Err(_) => None,
        };
        if let Some(kept) = &kept {
            self.store.idempotency.keep(&account, call, parameters, Some(kept), request_id, now);
        }
        result.into()
    }

    /// Does what was asked, or fails as the test wants it to.
    fn carry_out(
        &mut self,
        call: &mut Call,
        account: Text,
        request_id: &str,
        fault: Option<&Fault>,
    ) -> Outcome<Reply> {
        let asked = Fault::of_metadata(call);
        let Some(fault) = fault.or(asked.as_ref()) else {
            return self.execute(call, account, request_id, None).map(reply);
        };
        // A decline is what a bank says where one is asked, with all that follows.
        if let Some(decline) = fault.decline() {
            let outcome = self.execute(call, account, request_id, Some(decline)).map(reply);
            if outcome.as_ref().err().is_none_or(|error| error.status == 402) {
                return outcome;
            }
        }
        fault.answer()
    }

    /// The contents of a file, which are at no published operation's URL. Links need no key.
    fn download(&mut self, call: &Call) -> Option<Outcome<Reply>> {
        if call.host != Host::Files || call.method != Method::Get {
            return None;
        }
        let account = match call.path.starts_with("/v1/") {
            true => self.keys.recognize(&call.key).and_then(|key| self.account_of(call, &key)),
            false => Ok(self.store.platform().clone()),
        };
        let now = self.clock.milliseconds();
        let account = match account {
            Ok(account) => account,
            Err(error) => return Some(Err(error)),
        };
        let tx = Tx::new(&mut self.store, account, call.origin, now);
        Some(domains::files::download(&tx, &call.path)?.map(reply))
    }

    /// Who asks, in which version, for which account, for which operation: the account it acts on.
    fn admit(&mut self, call: &mut Call, refusal: Option<Box<Error>>) -> Outcome<Text> {
        let key = match call.host {
            Host::Connect => {
                domains::oauth::authenticate(call)?;
                self.keys.recognize(&call.key)?
            }
            Host::MeterEvents if self.is_meter_session(&call.key) => {
                Key::Secret { account: self.store.platform().clone() }
            }
            _ => match self.owner_of_token(&call.key)? {
                Some(account) => Key::Secret { account },
                None => self.keys.recognize(&call.key)?,
            },
        };
        self.check_version(call)?;
        let account = self.account_of(call, &key)?;
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        match schema::route(call.method, call.host, &call.path) {
            Routed::Found(operation, ids) if self.is_offered(operation, call) => {
                call.operation = Some(operation);
                call.ids = ids;
            }
            _ => {
                let now = self.clock.milliseconds();
                let tx = Tx::new(&mut self.store, account.clone(), call.origin, now);
                if call.host != Host::Api || !route::resolve_old(&tx, call)? {
                    return Err(Error::unrecognized_url(call.method.name(), &call.path));
                }
            }
        }
        key.permits(call, &account)?;
        Ok(account)
    }

    /// The page on which an account's owner lets the platform act for it, where it was asked for.
    fn authorize(&mut self, call: &Call) -> Option<Outcome<Reply>> {
        let is_page = call.host == Host::Connect
            && call.method == Method::Get
            && domains::oauth::is_authorize(&call.path);
        is_page.then(|| self.quietly(|tx| domains::oauth::authorize(tx, call)))
    }

    /// The account whose access token the key is, which OAuth gave out.
    fn owner_of_token(&mut self, key: &str) -> Outcome<Option<Text>> {
        let (platform, now) = (self.store.platform().clone(), self.clock.milliseconds());
        let tx = Tx::new(&mut self.store, platform, Origin::Wire, now);
        match domains::oauth::owner(&tx, key) {
            Some(account) if domains::accounts::exists(&tx, &account) => Ok(Some(account)),
            Some(account) => Err(Error::account_invalid(key, &account)),
            None => Ok(None),
        }
    }

    /// Whether the key is the token of a session for streaming meter events.
    fn is_meter_session(&mut self, key: &str) -> bool {
        let (platform, now) = (self.store.platform().clone(), self.clock.milliseconds());
        let tx = Tx::new(&mut self.store, platform, Origin::Wire, now);
        domains::v2::billing::is_session(&tx, key)
    }

    fn check_version(&self, call: &Call) -> Outcome<()> {
        match &call.version {
            Some(version) if is_version(version) => Ok(()),
            Some(version) => Err(Error::invalid_version(version)),
            // Documented: v2 has no default version.
            None if call.is_v2() || domains::ephemeral_keys::makes_one(call) => {
                Err(Error::version_required())
            }
            None => Ok(()),
        }
    }

    /// Whether an operation is there in the version of the call: some went, new ones are in all.
    fn is_offered(&self, operation: Operation, call: &Call) -> bool {
        let version = call.version.as_deref().unwrap_or(&self.api_version);
        let offered = operation.versions();
        offered.includes(Versions::NEWEST) || offered.includes(Versions::of(version))
    }

    /// The account a call acts on: the key's own, or the connected one the header names.
    fn account_of(&mut self, call: &Call, key: &Key) -> Outcome<Text> {
        let own = key.account();
        let Some(wanted) = call.account.as_deref().filter(|wanted| *wanted != own.as_ref()) else {
            return Ok(own.clone());
        };
        let now = self.clock.milliseconds();
        let tx = Tx::new(&mut self.store, own.clone(), call.origin, now);
        match domains::accounts::exists(&tx, wanted) {
            true => Ok(Text::from(wanted.to_string())),
            false => Err(Error::account_invalid(&call.key, wanted)),
        }
    }

    /// Checks the parameters, lets the handler work in a transaction, and commits or takes it back.
    /// A `decline` is what the first bank says that is asked; where none is, nothing is done.
    fn execute(
        &mut self,
        call: &mut Call,
        account: Text,
        request_id: &str,
        decline: Option<&'static Decline>,
    ) -> Outcome<Body> {
        let version = call.version.get_or_insert_with(|| self.api_version.to_string()).clone();
        let mode = match (call.origin, self.validation) {
            (Origin::Wire, Validation::Strict) => Mode::Strict,
            (Origin::Wire, Validation::Off) => Mode::Off,
            _ => Mode::Library,
        };
        let given = std::mem::take(&mut call.params);
        let shape = call.operation().params();
        call.params = params::check(shape, given, Versions::of(&version), mode)?;
        versions::rename(&call.path, &version, &mut call.params);
        render::check(call, Versions::of(&version))?;
        let now = self.clock.milliseconds();
        let mut tx = Tx::new(&mut self.store, account, call.origin, now);
        if tx.has_test_clocks() {
            domains::test_clocks::go_by_clock_of(&mut tx, call);
        }
        tx.expect_decline(decline);
        let mut result = route::answer(&mut tx, call).map_err(Error::begun);
        if tx.take_decline().is_some() {
            result = Err(Error::no_bank_was_asked());
        }
        let view = View { tx: &tx, version: &version };
        match &mut result {
            Ok(Body::Json(value)) => {
                view.age(value);
                if call.params.contains("expand") {
                    render::expand(view, call, value);
                }
            }
            Ok(_) => {}
            Err(error) => view.age_error(error),
        }
        match &result {
            Err(error) if error.fate == Fate::Refused => tx.roll_back(),
            _ => {
                let cause = Cause {
                    request_id: Some(request_id),
                    idempotency_key: call.idempotency_key.as_deref(),
                    // Events have the account's version, whatever the request asked for.
                    api_version: &self.api_version,
                };
                events::derive(&mut tx, &cause);
            }
        }
        result
    }

    /// Does what is due, in order, each at its own time.
    pub(crate) fn run_due(&mut self) {
        self.run_lane(0, self.clock.now());
    }

    /// Does what is due by then, of what goes by one clock.
    fn run_lane(&mut self, lane: Lane, now: i64) {
        while let Some(due) = self.store.schedule.next_due(lane, now) {
            let at = if lane == 0 { due.1 } else { self.clock.now() };
            self.run_entry(due, at * 1000);
        }
    }

    /// Does what an entry of the schedule says, at that time; what goes by a test clock is done at
    /// that clock's time.
    pub(crate) fn run_entry(&mut self, due: Due, at: Milliseconds) {
        let platform = self.store.platform().clone();
        let mut tx = Tx::new(&mut self.store, platform, Origin::Schedule, at);
        if due.0 != 0 {
            tx.go_by(due.0, due.1 * 1000);
        }
        let mut advancing = None;
        if let Some(entry) = tx.take_due(due) {
            let account = entry.account.clone();
            tx.in_account(&account, |tx| match entry.action {
                domains::test_clocks::ADVANCE => {
                    advancing = domains::test_clocks::target(tx, &entry.id);
                }
                _ if webhooks::run(tx, &entry) => {}
                _ => domains::run(tx, &entry),
            });
        }
        derive_unasked(&mut tx, &self.api_version);
        if let Some((lane, target)) = advancing {
            self.run_lane(lane, target);
        }
    }

    /// Does now, in an account, what somebody outside does; nothing where it is refused.
    pub(crate) fn act(
        &mut self,
        account: &Text,
        work: &mut dyn FnMut(&mut Tx<'_>) -> Outcome<Value>,
    ) -> Outcome<Value> {
        let now = self.clock.milliseconds();
        let mut tx = Tx::new(&mut self.store, account.clone(), Origin::Schedule, now);
        match work(&mut tx) {
            Err(error) if error.fate == Fate::Refused => {
                tx.roll_back();
                Err(error)
            }
            done => {
                derive_unasked(&mut tx, &self.api_version);
                done
            }
        }
    }

    /// Does something without events: setting the stage before anything is asked.
    pub(crate) fn quietly<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> T) -> T {
        let platform = self.store.platform().clone();
        let now = self.clock.milliseconds();
        let mut tx = Tx::new(&mut self.store, platform, Origin::Library, now);
        work(&mut tx)
    }
}

/// Makes the events of what no request caused.
fn derive_unasked(tx: &mut Tx<'_>, api_version: &Text) {
    events::derive(tx, &Cause { request_id: None, idempotency_key: None, api_version });
}

/// Stripe takes no longer idempotency keys.
const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// Whether an idempotency key is looked at: POST, and in v2 also DELETE.
fn is_keyed(call: &Call) -> bool {
    let keyed = match call.method {
        Method::Post => true,
        Method::Delete => call.is_v2(),
        Method::Get => false,
    };
    keyed && call.idempotency_key.is_some()
}

/// Whether Stripe knows that version; previews have names of their own.
pub(crate) fn is_version(version: &str) -> bool {
    if schema::is_api_version(version) {
        return true;
    }
    let date = |known: &'static str| known.split('.').next();
    let preview_of = version.strip_suffix(".preview");
    preview_of.is_some_and(|of| schema::api_versions().any(|known| date(known) == Some(of)))
}

fn reply(body: Body) -> Reply {
    Reply { status: 200, headers: Vec::new(), body }
}
