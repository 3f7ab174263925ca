//! How a sample is damaged: in its tree, in its text, in its bytes.

use rand::{Rng, RngExt};
use serde_json::{Map, Value};

use crate::pool::{NUMBERS, PIECES, TEXTS, values};
use crate::sample::Sample;

/// No case is longer: an event has at most 256 KB, and what is found in more bytes is found in these.
const LONGEST: usize = 300_000;

/// A sample, damaged in one to five places. One in fifty stays as it is.
pub fn mutated(samples: &[Sample], dice: &mut impl Rng) -> Vec<u8> {
    let sample = &samples[below(samples.len(), dice)];
    let mut bytes = match &sample.tree {
        Some(tree) if dice.random_bool(0.7) => {
            let mut tree = tree.clone();
            for _ in 0..dice.random_range(0..=4) {
                change_tree(&mut tree, samples, dice);
            }
            tree.to_string().into_bytes()
        }
        Some(_) | None => sample.text.clone().into_bytes(),
    };
    let is_text = sample.tree.is_none();
    if is_text || dice.random_bool(0.3) {
        for _ in 0..dice.random_range(0..=3) {
            change_text(&mut bytes, samples, dice);
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn below(limit: usize, dice: &mut impl Rng) -> usize {
    dice.random_range(0..limit.max(1))
}

fn one_of<'a, T>(of: &'a [T], dice: &mut impl Rng) -> &'a T {
    &of[below(of.len(), dice)]
}

fn change_tree(tree: &mut Value, samples: &[Sample], dice: &mut impl Rng) {
    let place = below(nodes(tree), dice);
    let Some(node) = node(tree, &mut { place }) else { return };
    match dice.random_range(0..10) {
        0 => drop_one(node, dice),
        1 => double_one(node, dice),
        2 => *node = Value::from(*one_of(&TEXTS, dice)),
        3 => *node = one_of(&values(), dice).clone(),
        4 => *node = Value::from(one_of(&TEXTS, dice).repeat(below(2_000, dice))),
        5 => *node = nested(node.take(), below(140, dice)),
        6 => rename_one(node, dice),
        7 => *node = Value::Array(vec![node.take(); below(200, dice)]),
        8 => damage(node, dice),
        _ => {
            let other = one_of(samples, dice).tree.clone();
            if let Some(mut other) = other {
                let place = below(nodes(&other), dice);
                *node = crate::mutate::node(&mut other, &mut { place }).map_or(Value::Null, Value::take);
            }
        }
    }
}

/// How many values a tree has.
fn nodes(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value at this place, counted from the root.
fn node<'a>(tree: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(tree);
    }
    *place -= 1;
    match tree {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, place)),
        Value::Object(members) => members.values_mut().find_map(|member| node(member, place)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn key(members: &Map<String, Value>, dice: &mut impl Rng) -> Option<String> {
    members.keys().nth(below(members.len(), dice)).cloned()
}

fn drop_one(node: &mut Value, dice: &mut impl Rng) {
    match node {
        Value::Array(items) if !items.is_empty() => drop(items.remove(below(items.len(), dice))),
        Value::Object(members) => drop(key(members, dice).and_then(|key| members.remove(&key))),
        other => *other = Value::Null,
    }
}

fn double_one(node: &mut Value, dice: &mut impl Rng) {
    match node {
        Value::Array(items) if !items.is_empty() => {
            let item = one_of(items, dice).clone();
            items.insert(below(items.len(), dice), item);
        }
        Value::Object(members) => {
            let Some(key) = key(members, dice) else { return };
            let value = members[&key].clone();
            members.insert(format!("{key}2"), value);
        }
        other => *other = Value::Array(vec![other.clone(), other.clone()]),
    }
}

fn rename_one(node: &mut Value, dice: &mut impl Rng) {
    let Value::Object(members) = node else { return };
    let Some(value) = key(members, dice).and_then(|key| members.remove(&key)) else { return };
    members.insert((*one_of(&TEXTS, dice)).to_owned(), value);
}

/// A text with a piece of another in it: most of it still looks right.
fn damage(node: &mut Value, dice: &mut impl Rng) {
    if let Value::String(text) = node {
        let at = text.floor_char_boundary(below(text.len() + 1, dice));
        text.insert_str(at, one_of::<&str>(&TEXTS, dice));
    }
}

fn nested(value: Value, levels: usize) -> Value {
    (0..levels).fold(value, |inner, _| Value::Array(vec![inner]))
}

fn change_text(bytes: &mut Vec<u8>, samples: &[Sample], dice: &mut impl Rng) {
    let at = below(bytes.len() + 1, dice);
    match dice.random_range(0..9) {
        0 => bytes.truncate(at),
        1 => insert(bytes, at, one_of::<&[u8]>(&PIECES, dice)),
        2 => insert(bytes, at, &one_of::<&[u8]>(&PIECES, dice).repeat(below(5_000, dice))),
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.random_range(0..8);
            }
        }
        4 => drop(bytes.drain(at..bytes.len().min(at + below(40, dice)))),
        5 => {
            let part = bytes[at..bytes.len().min(at + below(200, dice))].to_vec();
            insert(bytes, at, &part);
        }
        6 => replace_number(bytes, at, one_of(&NUMBERS, dice).as_bytes()),
        7 => change_line(bytes, at, dice),
        _ => {
            let other = one_of(samples, dice).text.as_bytes();
            bytes.truncate(at);
            bytes.extend_from_slice(&other[below(other.len(), dice)..]);
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

/// Writes another number in place of the first one from here.
fn replace_number(bytes: &mut Vec<u8>, from: usize, number: &[u8]) {
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit) else { return };
    let start = from + start;
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    bytes.splice(start..start + digits, number.iter().copied());
}

/// A line leaves, comes twice, or moves to the right: what YAML and CSV hang on.
fn change_line(bytes: &mut Vec<u8>, at: usize, dice: &mut impl Rng) {
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
    let line = bytes[start..end].to_vec();
    match dice.random_range(0..3) {
        0 => drop(bytes.drain(start..end)),
        1 => insert(bytes, start, &line),
        _ => insert(bytes, start, b"  "),
    }
}
