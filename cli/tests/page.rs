//! The page that the demo writes: whole, and complete in itself.

use std::path::Path;
use std::process::Command;

fn demo() -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo.html");
    let played = Command::new(env!("CARGO_BIN_EXE_tidegate")).arg("demo").arg("--html").arg(&file).output();
    let played = played.expect("the binary was built for this test");
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stdout));
    std::fs::read_to_string(&file).expect("the demo wrote its page")
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = demo();
    let style =
        page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    // What functions say is text; only what is written as markup could load anything.
    let tags: Vec<&str> =
        page.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag).collect();
    for element in ["script", "link", "img", "iframe", "object", "base"] {
        assert!(tags.iter().all(|tag| tag.split(' ').next() != Some(element)), "{element}");
    }
    for foreign in ["//", "url(", "@import"] {
        assert!(!style.contains(foreign) && tags.iter().all(|tag| !tag.contains(foreign)), "{foreign}");
    }
    for attribute in [" src=", " srcset=", " on", " style="] {
        assert!(tags.iter().all(|tag| !tag.contains(attribute)), "{attribute}");
    }
}

#[test]
fn every_element_of_the_page_is_closed_in_its_place() {
    const VOID: [&str; 2] = ["meta", "!doctype"];
    let page = demo();
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn every_scenario_has_a_chart_that_says_in_words_what_it_shows() {
    let page = demo();
    assert_eq!(page.matches("<section id=").count(), 9, "an overview and eight scenarios");
    assert_eq!(page.matches("role=\"img\"").count(), page.matches("<desc id=").count());
    assert!(page.matches("<desc id=").count() >= 6);
    assert!(!page.contains("NaN") && !page.contains("inf\""), "every point has a place");
}
