//! The partition's clock. It is told the host's time with every call and either follows it, with what
//! it was advanced by on top, or stands still until it is moved.

/// Milliseconds since 1970, as the host tells them.
pub type Milliseconds = i64;

#[derive(Clone, Copy, Debug)]
enum Mode {
    /// The host's time and that many milliseconds.
    Follow {
        offset: Milliseconds,
    },
    Frozen {
        at: Milliseconds,
    },
}

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    mode: Mode,
    host: Milliseconds,
}

impl Clock {
    pub fn following(host: Milliseconds) -> Self {
        Clock { mode: Mode::Follow { offset: 0 }, host }
    }

    pub fn frozen(at: Milliseconds) -> Self {
        Clock { mode: Mode::Frozen { at }, host: at }
    }

    /// Takes in the host's time.
    pub fn tell(&mut self, host: Milliseconds) {
        self.host = host;
    }

    pub fn milliseconds(&self) -> Milliseconds {
        match self.mode {
            Mode::Follow { offset } => self.host.saturating_add(offset),
            Mode::Frozen { at } => at,
        }
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.milliseconds().div_euclid(1000)
    }

    /// Moves the clock to that time; it goes on following the host, or stands still, as before.
    pub fn move_to(&mut self, at: Milliseconds) {
        self.mode = match self.mode {
            Mode::Follow { .. } => Mode::Follow { offset: at.saturating_sub(self.host) },
            Mode::Frozen { .. } => Mode::Frozen { at },
        };
    }

    pub fn freeze(&mut self, at: Option<Milliseconds>) {
        self.mode = Mode::Frozen { at: at.unwrap_or(self.milliseconds()) };
    }

    /// Goes on with the host's time from where the clock stands.
    pub fn follow(&mut self) {
        self.mode = Mode::Follow { offset: self.milliseconds().saturating_sub(self.host) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_host_until_it_is_frozen() {
        let mut clock = Clock::following(5_000);
        clock.tell(6_500);
        assert_eq!(clock.now(), 6);
        clock.freeze(None);
        clock.tell(9_000);
        assert_eq!(clock.milliseconds(), 6_500);
        clock.follow();
        clock.tell(10_000);
        assert_eq!(clock.milliseconds(), 7_500);
    }

    #[test]
    fn advancing_adds_to_the_hosts_time() {
        let mut clock = Clock::following(1_000);
        clock.move_to(clock.milliseconds() + 60_000);
        clock.tell(2_000);
        assert_eq!(clock.now(), 62);
    }
}
