//! `multipart/form-data` (RFC 7578): how files come in.

use super::form::Form;
use crate::call::Upload;
use crate::errors::{Error, Outcome};

/// RFC 2046 allows a boundary 70 characters; a limit keeps searching for it proportional to the
/// body.
const LONGEST_BOUNDARY: usize = 256;

/// Reads the fields of a body into `form` and gives the file it carries.
///
/// The file's name also goes into the form, so that `file` counts as given.
pub fn read(content_type: &str, body: &[u8], form: &mut Form) -> Outcome<Option<Upload>> {
    let Some(boundary) = boundary(content_type) else {
        return Err(Error::unreadable_multipart("has no boundary in its Content-Type"));
    };
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let Some(start) = find(body, &delimiter) else {
        return Err(Error::unreadable_multipart("does not contain its boundary"));
    };
    let between = [b"\r\n", delimiter.as_slice()].concat();
    let mut rest = &body[start + delimiter.len()..];
    let mut file = None;
    while !rest.starts_with(b"--") {
        let Some(part) = after_line_break(rest) else {
            return Err(Error::unreadable_multipart("has a boundary that does not end its line"));
        };
        let Some(end) = find(part, &between) else {
            return Err(Error::unreadable_multipart("ends before its closing boundary"));
        };
        read_part(&part[..end], form, &mut file)?;
        rest = &part[end + between.len()..];
    }
    Ok(file)
}

/// The `boundary` of a content type, with or without quotes.
fn boundary(content_type: &str) -> Option<&str> {
    let attribute = content_type.split(';').skip(1).find_map(|attribute| {
        let (name, value) = attribute.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (!attribute.is_empty() && attribute.len() <= LONGEST_BOUNDARY).then_some(attribute)
}

/// What follows the line break a boundary's line ends with; blanks before it are allowed.
fn after_line_break(rest: &[u8]) -> Option<&[u8]> {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    rest[blanks..].strip_prefix(b"\r\n")
}

fn read_part(part: &[u8], form: &mut Form, file: &mut Option<Upload>) -> Outcome<()> {
    // A part without headers begins with the empty line that ends them.
    let (head, content) = match part.strip_prefix(b"\r\n") {
        Some(content) => (&part[..0], content),
        None => match find(part, b"\r\n\r\n") {
            Some(end) => (&part[..end], &part[end + 4..]),
            None => return Err(Error::unreadable_multipart("has a part without content")),
        },
    };
    let head = std::str::from_utf8(head).map_err(|_| Error::invalid_utf8())?;
    let disposition = header(head, "content-disposition").unwrap_or("");
    let Some(name) = attribute(disposition, "name") else {
        return Err(Error::unreadable_multipart("has a part without a name"));
    };
    if let Some(filename) = attribute(disposition, "filename") {
        form.insert(&name, filename.clone())?;
        let content_type = header(head, "content-type").unwrap_or("application/octet-stream");
        let content_type = content_type.to_string();
        *file = Some(Upload { filename, content_type, bytes: content.to_vec() });
        return Ok(());
    }
    let text = std::str::from_utf8(content).map_err(|_| Error::invalid_utf8())?;
    form.insert(&name, text.to_string())
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// `name="value"` of a header. Clients write a quote inside as `%22` or `\"`.
fn attribute(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let (key, value) = after.split_once('=')?;
        let value = value.trim_start();
        let (text, remaining) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value[..end].trim().to_string(), &value[end..])
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(text.replace("%22", "\""));
        }
        rest = remaining;
    }
    None
}

/// The text up to the closing quote, and what follows it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    (text, "")
}

/// Where `needle` first is in `haystack`.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    fn fields(content_type: &str, body: &[u8]) -> Outcome<(String, Option<Upload>)> {
        let mut form = Form::default();
        let file = read(content_type, body, &mut form)?;
        Ok((serde_json::to_string(&form.finish()).unwrap(), file))
    }

    #[test]
    fn fields_and_the_file_are_read() {
        let body =
            b"--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\ndispute_evidence\r\n\
            --XX\r\nContent-Disposition: form-data; name=\"file_link_data[create]\"\r\n\r\ntrue\r\n\
            --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x89PNG\r\n--X\r\n\x00\xff\r\n--XX--\r\n";
        let (form, file) = fields(TYPE, body).unwrap();
        assert_eq!(
            form,
            r#"{"purpose":"dispute_evidence","file_link_data":{"create":"true"},"file":"a\"b.png"}"#
        );
        let file = file.unwrap();
        assert_eq!(file.filename, "a\"b.png");
        assert_eq!(file.content_type, "image/png");
        assert_eq!(file.bytes, b"\x89PNG\r\n--X\r\n\x00\xff");
    }

    #[test]
    fn boundaries_may_be_quoted_and_followed_by_blanks() {
        let body =
            b"preamble\r\n--a b \r\ncontent-disposition: form-data; name=x\r\n\r\n1\r\n--a b--";
        let (form, file) =
            fields("multipart/form-data; charset=x; boundary=\"a b\"", body).unwrap();
        assert_eq!(form, r#"{"x":"1"}"#);
        assert_eq!(file, None);
    }

    #[test]
    fn broken_bodies_say_what_is_broken() {
        let table: [(&str, &[u8], &str); 8] = [
            ("multipart/form-data", b"--XX--", "has no boundary in its Content-Type"),
            ("multipart/form-data; boundary=", b"--XX--", "has no boundary in its Content-Type"),
            (TYPE, b"", "does not contain its boundary"),
            (TYPE, b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", "ends before"),
            (TYPE, b"--XXoops", "has a boundary that does not end its line"),
            (TYPE, b"--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--", "without a name"),
            (TYPE, b"--XX\r\nnothing\r\n--XX--", "has a part without content"),
            (
                TYPE,
                b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--XX--",
                "not valid UTF-8",
            ),
        ];
        for (content_type, body, message) in table {
            let error = fields(content_type, body).unwrap_err();
            assert!(error.message.contains(message), "{}", error.message);
        }
    }
}
