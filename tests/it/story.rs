//! The story of `tests/story.json`: the same bytes each time it is told, here and in WebAssembly.

use crate::stripe::{Answer, NOW, Stripe};
use fakestripe::value::{Map, Value};

/// The text with `{3.id}` replaced by that field of the fourth answer.
fn filled(text: &str, answers: &[Answer]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (reference, tail) = after.split_once('}').unwrap();
        let (at, name) = reference.split_once('.').unwrap();
        let value = answers[at.parse::<usize>().unwrap()].body.path(name);
        filled.push_str(before);
        filled.push_str(value.as_str().unwrap());
        rest = tail;
    }
    filled + rest
}

/// Status, request id, time and body of each answer.
fn tell(seed: &str) -> String {
    let story: Value = serde_json::from_str(include_str!("../story.json")).unwrap();
    let mut stripe = Stripe::new(seed);
    assert_eq!(stripe.now, NOW);
    let mut answers = Vec::new();
    let mut told = String::new();
    for step in story.as_list().unwrap() {
        let step: &Map = step.as_map().unwrap();
        stripe.now += step.int("advance") * 1000;
        let no_headers = Map::new();
        let headers = step.at("headers").as_map().unwrap_or(&no_headers).iter();
        let headers = headers
            .map(|(name, value)| format!("{name}: {}", filled(value.as_str().unwrap(), &answers)));
        stripe.headers = headers.collect::<Vec<_>>().join("\n");
        let (path, form) = (filled(step.str("path"), &answers), filled(step.str("form"), &answers));
        let answer = stripe.send(step.str("method"), &path, &form);
        let id = answer.header("request-id").unwrap_or("-");
        let date = answer.header("date").unwrap();
        let body = str::from_utf8(&answer.bytes).unwrap();
        told += &format!("{} {id} {date}\n{body}", answer.status);
        answers.push(answer);
    }
    told
}

/// `STORY_TO` names a file for the story, which the tests in JavaScript compare with theirs.
#[test]
fn a_story_is_told_in_the_same_bytes_for_the_same_seed() {
    let told = tell("story");
    assert_eq!(told, tell("story"));
    assert_ne!(told, tell("another story"));
    if let Ok(path) = std::env::var("STORY_TO") {
        std::fs::write(path, told).unwrap();
    }
}
