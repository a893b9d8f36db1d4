//! What Stripe reads from the headers of a request, and the headers every answer has.

use crate::time;

/// The headers of every answer that never change, a line each.
///
/// Source: recorded traffic of 2024 to 2026. Browsers read answers through the `access-control`
/// ones.
pub const ALWAYS: &str = "\
server: nginx
connection: keep-alive
access-control-allow-credentials: true
access-control-allow-methods: GET, HEAD, PUT, PATCH, POST, DELETE
access-control-allow-origin: *
access-control-expose-headers: Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, \
X-Stripe-External-Auth-Required, X-Stripe-Privileged-Session-Required
access-control-max-age: 300
cache-control: no-cache, no-store
content-security-policy: base-uri 'none'; default-src 'none'; form-action 'none'; \
frame-ancestors 'none'; img-src 'self'; script-src 'self' 'report-sample'; style-src 'self'; \
worker-src 'none'; upgrade-insecure-requests; report-uri https://q.stripe.com/csp-violation
report-to: {\"group\":\"coop\",\"max_age\":8640,\"endpoints\":\
[{\"url\":\"https://q.stripe.com/coop-report\"}],\"include_subdomains\":true}
reporting-endpoints: coop=\"https://q.stripe.com/coop-report\"
strict-transport-security: max-age=63072000; includeSubDomains; preload
vary: Origin
x-stripe-priority-routing-enabled: true
x-stripe-routing-context-priority-tier: api-testmode
x-wc: ABC
";

/// The API key of an `Authorization` header: the token of `Bearer`, or the user name of `Basic`.
/// Empty where there is neither.
pub fn key(authorization: &str) -> String {
    let (scheme, credentials) = authorization.trim().split_once(' ').unwrap_or(("", ""));
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return credentials.to_string();
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = base64_decoded(credentials).and_then(|bytes| String::from_utf8(bytes).ok());
        return pair.unwrap_or_default().split(':').next().unwrap_or("").to_string();
    }
    String::new()
}

/// The account of a `Stripe-Context`: the last of a path such as `acct_1/acct_2`.
pub fn context_account(context: &str) -> &str {
    context.rsplit('/').next().unwrap_or("")
}

/// Bytes behind base64, padded or not; none where a character does not belong.
fn base64_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if 8 <= count {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// A unix time as HTTP writes it, such as `Wed, 28 Oct 2026 12:00:00 GMT`.
pub fn http_date(now: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (now.div_euclid(86_400), now.rem_euclid(86_400));
    let (year, month, day) = time::date_of(days);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[days.rem_euclid(7) as usize],
        MONTHS[month as usize - 1],
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_as_bearer_or_as_the_user_of_basic() {
        let table = [
            ("Bearer sk_test_1", "sk_test_1"),
            ("bearer   sk_test_1 ", "sk_test_1"),
            ("Basic c2tfdGVzdF8xOg==", "sk_test_1"),
            ("basic c2tfdGVzdF8xOg", "sk_test_1"),
            ("Basic c2tfdGVzdF8x", "sk_test_1"),
            ("Basic !!!", ""),
            ("Basic /////w==", ""),
            ("Token sk_test_1", ""),
            ("sk_test_1", ""),
            ("Bearer", ""),
            ("", ""),
        ];
        for (header, expected) in table {
            assert_eq!(key(header), expected, "{header}");
        }
    }

    #[test]
    fn the_last_account_of_a_context_counts() {
        assert_eq!(context_account("acct_1"), "acct_1");
        assert_eq!(context_account("acct_1/acct_2"), "acct_2");
    }

    /// Dates from RFC 9110 and from the calendar.
    #[test]
    fn dates_are_written_as_http_does() {
        let table = [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ];
        for (now, date) in table {
            assert_eq!(http_date(now), date);
        }
    }

    #[test]
    fn the_fixed_headers_are_one_a_line() {
        for line in ALWAYS.lines() {
            let (name, value) = line.split_once(": ").expect("a name and a value");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(!value.is_empty());
        }
    }
}
