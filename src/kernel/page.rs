//! Page tokens of searches and of v2's lists: opaque to whoever holds them, the last object's id inside.

use crate::errors::{Error, Outcome};

/// The token of the page that follows an object.
pub fn after(id: &str) -> String {
    id.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value)])
}

/// The id of the object a page follows.
pub fn read(token: &str) -> Outcome<String> {
    let invalid = || Error::invalid_page(token);
    let digits: Option<Vec<u32>> = token.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(invalid)?;
    let bytes = digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect();
    String::from_utf8(bytes).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_object_and_nonsense_is_refused() {
        assert_eq!(read(&after("cus_Zürich")).unwrap(), "cus_Zürich");
        for nonsense in ["x", "abc", "ff"] {
            assert_eq!(read(nonsense).unwrap_err().status, 400);
        }
    }
}
