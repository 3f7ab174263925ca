//! AppConfig as these tests need it: what was written, what was deployed, and the fences.

use jiff::Timestamp;
use tidegate_domain::flag::toggle::{Act, Carried, RESTORED, Stage, Toggle, carried, decide};
use tidegate_domain::flag::{Content, Document, FlagDeployment, FlagState, HostedVersion, Read};

/// Version 1: basket is off, search is on.
pub const DOCUMENT: &str = r#"{
  "version": "1",
  "flags": {
    "basket": { "name": "Basket", "attributes": { "colour": { "constraints": { "type": "string" } }, "limit": { "constraints": { "type": "number" } } } },
    "search": { "name": "Search" }
  },
  "values": {
    "basket": { "enabled": false, "colour": "red", "limit": 1.50 },
    "search": { "enabled": true }
  }
}"#;

/// The same with one flag on or off.
pub fn document(flag: &str, enabled: &str) -> String {
    let (was, is) = (|value: &str| format!("\"{flag}\": {{ \"enabled\": {value}"), enabled);
    let before = if is == "true" { "false" } else { "true" };
    assert!(DOCUMENT.contains(&was(before)));
    DOCUMENT.replace(&was(before), &was(is))
}

/// One environment and one profile.
pub struct AppConfig {
    pub now: Timestamp,
    pub versions: Vec<(HostedVersion, String)>,
    pub deployments: Vec<FlagDeployment>,
}

impl AppConfig {
    /// Version 1 is in force.
    pub fn new() -> Self {
        let mut aws = Self { now: super::noon(), versions: Vec::new(), deployments: Vec::new() };
        aws.somebody_deploys(DOCUMENT);
        aws
    }

    pub fn somebody_writes(&mut self, text: &str) {
        self.writes(text, "by hand");
    }

    pub fn somebody_deploys(&mut self, text: &str) {
        if self.versions.last().is_none_or(|(_, known)| known != text) {
            self.somebody_writes(text);
        }
        let version = self.versions.len();
        self.starts(u64::try_from(version).expect("few"));
        let number = u64::try_from(self.deployments.len()).expect("few");
        self.state(number, FlagState::Complete);
    }

    fn writes(&mut self, text: &str, description: &str) -> u64 {
        let number = u64::try_from(self.versions.len()).expect("few") + 1;
        let version = HostedVersion { number, description: description.to_owned() };
        self.versions.push((version, text.to_owned()));
        number
    }

    pub fn starts(&mut self, version: u64) {
        let number = u64::try_from(self.deployments.len()).expect("few") + 1;
        self.deployments.push(FlagDeployment {
            number,
            of_profile: true,
            version: version.to_string(),
            state: FlagState::Deploying,
            percentage: 0.0,
            completed: None,
            problem: None,
            description: None,
        });
    }

    pub fn state(&mut self, number: u64, state: FlagState) {
        let at = usize::try_from(number).expect("few") - 1;
        let deployment = &mut self.deployments[at];
        deployment.state = state;
        deployment.problem = (state == FlagState::RolledBack).then(|| "alarm flags-red".to_owned());
        if state == FlagState::Complete {
            deployment.completed = Some(self.now);
        }
    }

    pub fn states(&self) -> Vec<FlagState> {
        self.deployments.iter().map(|deployment| deployment.state).collect()
    }

    fn text(&self, version: u64) -> &str {
        &self.versions[usize::try_from(version).expect("few") - 1].1
    }

    pub fn in_force(&self) -> &str {
        self.text(self.read().version_in_force().expect("one"))
    }

    pub fn read(&self) -> Read {
        let latest = self.versions.last().map(|(version, _)| version.clone());
        let deployments = self.deployments.iter().rev().cloned().collect();
        let mut read = Read { deployments, latest, deployed: None, draft: None, at_once: None };
        let content = |version| Content { version, text: self.text(version).to_owned() };
        read.deployed = read.version_in_force().map(content);
        read.draft = read.undeployed().map(|draft| content(draft.number));
        read
    }

    /// Performs the plan of a toggle as AppConfig's fences allow.
    pub fn performs(&mut self, toggle: &Toggle) -> Option<Carried> {
        let Stage::Planned { act } = &toggle.stage else { return None };
        Some(match act {
            Act::Stop { number } => {
                let state = self.deployments[usize::try_from(*number).expect("few") - 1].state;
                let stopped = match state {
                    FlagState::Complete => FlagState::Reverted,
                    _ if state.is_under_way() => FlagState::RolledBack,
                    _ => state,
                };
                self.state(*number, stopped);
                Carried::Stopped
            }
            Act::Rewrite { base, after_version } => {
                if self.read().latest.is_some_and(|latest| latest.number == *after_version) {
                    let text = self.text(*base).to_owned();
                    self.writes(&text, RESTORED);
                }
                Carried::Rewritten
            }
            Act::Deploy { base, edits, after_version, after_number, .. } => {
                let read = self.read();
                let text = Document::read(self.text(*base)).expect("a document").with(edits);
                if read.latest.as_ref().map(|latest| latest.number) != *after_version {
                    return Some(Carried::Overtaken { written: false });
                }
                let version = self.writes(&text, &toggle.signature());
                if read.last_number() != *after_number || read.under_way().is_some() {
                    return Some(Carried::Overtaken { written: true });
                }
                self.starts(version);
                Carried::Started(u64::try_from(self.deployments.len()).expect("few"))
            }
        })
    }

    /// Looks and plans, and performs nothing.
    pub fn planned(&self, toggle: &Toggle) -> Toggle {
        let planned = decide(toggle, &self.read(), self.now).expect("a plan");
        assert!(matches!(planned.stage, Stage::Planned { .. }), "{:?}", planned.stage);
        planned
    }

    /// Brings a toggle as far as it goes at this moment.
    pub fn bring(&mut self, mut toggle: Toggle) -> Toggle {
        loop {
            let next = match self.performs(&toggle) {
                Some(result) => carried(&toggle, &result, self.now),
                None => decide(&toggle, &self.read(), self.now),
            };
            let Some(next) = next else { return toggle };
            let waits = matches!(&next.stage, Stage::Due { not_before, .. } if *not_before > self.now);
            toggle = next;
            if waits {
                return toggle;
            }
        }
    }

    /// The same, with its deployments being through at once.
    pub fn through(&mut self, mut toggle: Toggle) -> Toggle {
        for _ in 0..8 {
            toggle = self.bring(toggle);
            if let Stage::Deploying { number, .. } = toggle.stage {
                self.state(number, FlagState::Complete);
            }
        }
        toggle
    }
}
