//! The scenarios of this repository, built in, so that a demo needs no file beside it. They stand in `events/scenarios`.

use tidegate_domain::policy::Faults;

use crate::scenario::Scenario;

/// Declares each scenario by the name of its file.
macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// The text of every built-in scenario, by its name; those of the demo come first.
        pub const ALL: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../events/scenarios/", $name, ".yaml")))),+];
    };
}

built_in! {
    "healthy",
    "five-times-errors",
    "outage",
    "no-traffic",
    "harm-at-the-gate",
    "crash-in-rollback",
    "abort",
    "alarm-on-errors",
    "alarm-rolls-back",
    "alarms-unreadable",
    "all-by-hand",
    "codedeploy-alarm-of-the-group",
    "codedeploy-all-at-once",
    "codedeploy-checks-fail",
    "codedeploy-drive",
    "codedeploy-drive-fix-forward",
    "codedeploy-drive-queued",
    "codedeploy-ec2-alarm",
    "codedeploy-ec2-blue-green",
    "codedeploy-ecs-behind-stuck",
    "codedeploy-ecs-checks",
    "codedeploy-ecs-harm",
    "codedeploy-ecs-healthy",
    "codedeploy-ecs-unhealthy",
    "codedeploy-first",
    "codedeploy-five-times-errors",
    "codedeploy-healthy",
    "codedeploy-hooks",
    "codedeploy-linear-harm",
    "codedeploy-lost-events",
    "codedeploy-sam-canary",
    "codedeploy-sam-canary-healthy",
    "codedeploy-stopped",
    "codedeploy-stopped-in-place",
    "codedeploy-twice-and-late",
    "deadline",
    "drift-back-to-stable",
    "drift-in-the-watch",
    "drift-more-on-candidate",
    "drift-third-version",
    "duplicates-of-everything",
    "everything-goes-wrong",
    "flags-abort-while-waiting",
    "flags-at-25",
    "flags-before-traffic",
    "flags-crash-in-restore",
    "flags-dies-after-write",
    "flags-draft",
    "flags-environment-busy",
    "flags-guard",
    "flags-guard-healthy",
    "flags-healthy",
    "flags-lost-events",
    "flags-monitor",
    "flags-monitor-while-growing",
    "flags-somebody-else",
    "freeze-before-start",
    "freeze-codedeploy-drive",
    "freeze-codedeploy-hook",
    "freeze-codedeploy-hook-fails",
    "freeze-flags",
    "freeze-harm",
    "freeze-in-a-step",
    "freeze-sleeping-function",
    "harm-while-cold",
    "kill-by-hand",
    "kill-switch",
    "kill-two-flags",
    "late-approval",
    "linear",
    "lost-events",
    "misrouted",
    "no-traffic-before",
    "orders-fall",
    "pause-resume",
    "promote-by-hand",
    "queue",
    "retry",
    "right-again",
    "same-name",
    "silent-schedule",
    "sleeping-function",
    "slower-median",
    "sparse-traffic",
    "stuck-way-back",
    "superseded",
    "throttled",
    "total-failure",
    "unfit-candidate",
    "unreadable-event",
    "watch-harm",
}

/// The built-in scenario of this name; `None` where there is none.
pub fn named(name: &str) -> Option<Result<Scenario, Faults>> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| Scenario::from_yaml(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_scenario_of_the_folder_is_built_in_and_reads() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/scenarios");
        let files =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = files.collect();
        let built_in: BTreeSet<String> = ALL.iter().map(|(name, _)| format!("{name}.yaml")).collect();
        assert_eq!(built_in, files);
        for (name, text) in ALL {
            Scenario::from_yaml(text).unwrap_or_else(|faults| panic!("{name}: {faults}"));
        }
    }
}
