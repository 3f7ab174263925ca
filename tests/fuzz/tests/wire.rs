//! Payloads at the functions' intake, and stored documents.

use serde_json::Value;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::Toggle;
use tidegate_domain::rollout::Rollout;
use tidegate_tests_fuzz::{Sample, samples, through};
use tidegate_wire::bus::Message;
use tidegate_wire::document::{Document, decode, encode};
use tidegate_wire::intake::{self, Incoming};

fn payloads() -> Vec<Sample> {
    let folders = ["events/aws", "events/bus"];
    folders.into_iter().flat_map(|folder| samples(folder, &["json"])).collect()
}

#[test]
fn a_damaged_payload_is_read_as_what_it_says_passed_over_or_refused_with_a_place() {
    through("payload", &payloads(), 4_000, |bytes| {
        let Ok(payload) = serde_json::from_slice::<Value>(bytes) else { return };
        let read = intake::read(&payload);
        assert!(!read.is_empty());
        for reading in read {
            match reading {
                Ok(Incoming::Bus { message, .. }) => {
                    let detail = message.detail().expect("a message can be written");
                    let detail = serde_json::from_str(&detail).expect("it is JSON");
                    let again = Message::read(message.detail_type(), &detail);
                    assert_eq!(again.expect("a known type").expect("it reads itself"), message);
                }
                Ok(Incoming::Aws(event)) => assert!(!event.to_string().is_empty()),
                Err(unreadable) => {
                    let words = unreadable.to_string();
                    assert!(words.chars().count() < 2_400, "{} bytes are said: {words}", words.len());
                    assert!(!words.contains(|c: char| c != '\n' && c.is_control()), "{words:?}");
                }
            }
        }
    });
}

/// A document that can be read is written so that it reads as the same again.
fn there_and_back<D: Document + PartialEq + std::fmt::Debug>(text: &str) {
    match decode::<D>(text) {
        Ok(document) => {
            let written = encode(&document).expect("a document can be written");
            let again = decode::<D>(&written).expect("it reads itself");
            assert_eq!(encode(&again).expect("it can be written again"), written);
        }
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
}

#[test]
fn a_damaged_document_is_read_as_what_it_says_or_refused() {
    through("document", &samples("tests/sim/documents/format-1", &["json"]), 2_000, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        there_and_back::<Rollout>(text);
        there_and_back::<Toggle>(text);
        there_and_back::<FlagGuard>(text);
    });
}
