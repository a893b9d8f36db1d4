//! Files and what they hold.
//!
//! Stripe's pages: <https://docs.stripe.com/api/files>, <https://docs.stripe.com/file-upload>.
//! Uploading and downloading are at files.stripe.com, the rest at api.stripe.com. What is
//! downloaded is what was uploaded, byte by byte.

use crate::call::{Body, Call, Upload};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[("POST /v1/files", create)];

/// Under which name the bytes of files are kept, apart from the files so that no list carries them.
const CONTENTS: &str = "file_contents";

/// Purposes whose files Stripe lets expire do so after this many seconds.
const LIFE_SECONDS: i64 = 730 * 24 * 3600;

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let Some(upload) = upload(call) else { return Err(Error::parameter_missing("file")) };
    let mut file = crud::draft(tx, call)?;
    let id = file.str("id").to_string();
    let kind = kind_of(&upload);
    let named = !upload.filename.is_empty();
    let filename = if named { upload.filename.clone() } else { format!("{id}.{kind}") };
    file.set("filename", filename);
    file.set("size", upload.bytes.len() as i64);
    file.set("type", kind);
    if call.params.str("purpose") == "dispute_evidence" {
        file.set("expires_at", tx.now() + LIFE_SECONDS);
    }
    file.set("links", crud::list_of(Vec::new(), false, format!("/v1/file_links?file={id}")));
    let link = call.params.at("file_link_data").as_map().cloned();
    if let Some(link) = link.filter(|link| link.is_true("create")) {
        let kind = Object::find("file_link").expect("a published type");
        let mut made = crud::draft_kind(tx, kind, &link)?;
        made.set("file", id.clone());
        let made = tx.save(made);
        let url = format!("/v1/file_links?file={id}");
        file.set("links", crud::list_of(vec![made.into()], false, url));
    }
    let contents = map! {
        "id": id,
        "object": CONTENTS,
        "content_type": upload.content_type,
        // One character a byte.
        "bytes": upload.bytes.iter().copied().map(char::from).collect::<String>(),
    };
    tx.save(contents);
    Ok(tx.save(file).into())
}

/// The file of a multipart body, or what the library passes for one: text, or a hash with `data`,
/// `name` and `type`.
fn upload(call: &Call) -> Option<Upload> {
    if let Some(upload) = &call.file {
        return Some(upload.clone());
    }
    let (file, given) = match call.params.at("file") {
        Value::Map(file) => (file.at("data"), file.clone()),
        data => (data, Rc::default()),
    };
    let bytes = match file {
        Value::Str(text) => text.bytes().collect(),
        Value::List(bytes) => {
            bytes.iter().filter_map(|byte| byte.as_int()).map(|byte| byte as u8).collect()
        }
        _ => return None,
    };
    let content_type = given.at("type").as_str().unwrap_or("application/octet-stream");
    let filename = given.str("name").to_string();
    Some(Upload { filename, content_type: content_type.to_string(), bytes })
}

/// What kind of file it is, as its first bytes say, else as its name does.
fn kind_of(upload: &Upload) -> String {
    let known: &[(&[u8], &str)] = &[
        (b"%PDF", "pdf"),
        (b"\x89PNG", "png"),
        (b"\xff\xd8\xff", "jpg"),
        (b"GIF8", "gif"),
        (b"PK\x03\x04", "zip"),
    ];
    let by_bytes = known.iter().find(|(start, _)| upload.bytes.starts_with(start));
    if let Some((_, kind)) = by_bytes {
        return (*kind).to_string();
    }
    match upload.filename.rsplit_once('.') {
        Some((_, extension)) if !extension.is_empty() => extension.to_ascii_lowercase(),
        _ => "txt".to_string(),
    }
}

/// What is at a URL of files.stripe.com that is no operation: the contents of a file, or the file
/// a link leads to. Nothing where it is neither.
pub fn download(tx: &Tx<'_>, path: &str) -> Option<Outcome<Body>> {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    match steps.as_slice() {
        ["v1", "files", id, "contents"] => Some(contents(tx, id)),
        ["links", token] => Some(linked(tx, token)),
        _ => None,
    }
}

fn contents(tx: &Tx<'_>, id: &str) -> Outcome<Body> {
    let Some(contents) = tx.get(CONTENTS, id) else {
        return Err(Error::no_such("file upload", id, "file"));
    };
    let bytes = contents.str("bytes").chars().map(|byte| byte as u8).collect();
    Ok(Body::Bytes { content_type: Text::from(contents.str("content_type").to_string()), bytes })
}

fn linked(tx: &Tx<'_>, token: &str) -> Outcome<Body> {
    let ends_so = |link: &&std::rc::Rc<Map>| link.str("url").rsplit('/').next() == Some(token);
    let links = tx.all("file_link");
    let link = links
        .iter()
        .find(ends_so)
        .filter(|link| link.at("expires_at").as_int().is_none_or(|expires| tx.now() < expires));
    match link {
        Some(link) => contents(tx, link.at("file").as_id().unwrap_or("")),
        None => Err(Error::no_such("file link", token, "link")),
    }
}
