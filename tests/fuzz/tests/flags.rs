//! Documents of feature flags, which are changed where a value stands in their text.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidegate_domain::flag::{Document, Wanted};
use tidegate_tests_fuzz::{samples, through};

fn wanted(document: &Value) -> Vec<Wanted> {
    let flags = document["flags"].as_object().map(|flags| flags.keys().cloned()).into_iter().flatten();
    let of = |flag: String| Wanted {
        flag,
        variant: None,
        enabled: Some(false),
        attributes: BTreeMap::from([("limit".to_owned(), json!(7))]),
    };
    flags
        .take(1)
        .flat_map(|flag| [of(flag.clone()), Wanted { attributes: BTreeMap::new(), ..of(flag) }])
        .collect()
}

#[test]
fn a_damaged_document_of_flags_is_changed_and_put_back_to_the_byte_or_refused() {
    through("flags", &samples("events/flags", &["json"]), 2_500, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let document = match Document::read(text) {
            Ok(document) => document,
            Err(problem) => {
                assert!(!problem.is_empty());
                return;
            }
        };
        let tree = serde_json::from_str(text).unwrap_or_default();
        for wanted in wanted(&tree) {
            let Ok(edits) = document.plan(&[wanted]) else { continue };
            let changed = document.with(&edits);
            let changed = Document::read(&changed).expect("what was changed can be read");
            for edit in &edits {
                assert_eq!(changed.value(&edit.at), edit.after.as_deref());
            }
            let restored = changed.restore(&edits);
            assert_eq!(changed.with(&restored.edits), text);
        }
    });
}
