"""Faults in what becomes of flags: toggles, and their way back."""

from table import Edit, Mutation, mutation

DECIDE = "shared/domain/src/flag/toggle/decide.rs"
RESTORING = "shared/domain/src/flag/toggle/restoring.rs"
DEPLOYED = "shared/domain/src/flag/deployed.rs"
TOGGLING = "shared/engine/src/toggling.rs"
UNASKED = "read.undeployed().map(|draft| draft.number).filter(|_| «ship_pending»)"

MUTATIONS: list[Mutation] = [
    mutation(
        "a restore writes over somebody's change",
        "a flag that somebody changed since goes back all the same",
        "shared/domain/src/flag/document/restore.rs",
        "if «of_spot.into_iter().any(|edit| means_the_same(&first.at, present, edit.after.as_deref()))» {",
        "{ let _ = of_spot; true }",
    ),
    mutation(
        "a revert is forgotten",
        "a toggle that goes back is done at once",
        RESTORING,
        "if «toggle.edits.is_empty()» {\n        return done(Vec::new());",
        "true",
    ),
    mutation(
        "what somebody drafted is shipped unasked",
        "shipPending is taken for granted",
        TOGGLING,
        UNASKED,
        "true",
        Edit(DEPLOYED, "(Some(_), Some(draft)) if «ship_pending» => Ok(draft),", "true"),
    ),
    mutation(
        "what somebody drafted is passed over",
        "a toggle writes a version after a draft that it does not have",
        DEPLOYED,
        "(Some(draft), _) => «Err(undeployed(deployed, draft))»,",
        "{ let _ = draft; deployed.ok_or_else(nothing_in_force) }",
    ),
    mutation(
        "a version is written without its fence",
        "what somebody wrote meanwhile is no longer the newest",
        TOGGLING,
        "self.flags.write(place, text, «fences.after_version», &signature).await? {",
        "{ self.flags.latest(place).await?.map(|latest| latest.number) }",
    ),
    mutation(
        "a deployment of flags is started without its fence",
        "what somebody deployed meanwhile is overwritten",
        TOGGLING,
        "self.flags.start(place, version, strategy, «fences.after_number», &signature).await? {",
        "{ self.flags.deployments(place).await?.iter().map(|known| known.number).max() }",
    ),
    mutation(
        "what was reverted meanwhile is deployed again",
        "a version that waited to be deployed brings back what somebody took back since",
        TOGGLING,
        "in_force: «toggle.must_be_in_force(act).filter(|_| !is_fresh)»,",
        "{ let _ = is_fresh; None }",
    ),
    mutation(
        "a toggle's outcome is not told",
        "it is taken for told",
        TOGGLING,
        "«self.bus.publish(&[Message::RolloutOutcome(RolloutOutcome { outcome })]).await?;»\n            return Ok(Some(toggle.told(now)));",
        "{ let _ = outcome; }",
    ),
    mutation(
        "a plan is performed before it is written",
        "a crash leaves a deployment that no toggle knows of",
        TOGGLING,
        "            toggle = «self.commit(toggle, next).await?»;",
        """{
                if let (Stage::Planned { act }, Ok(place)) = (&next.stage, self.place(&next, &mut found).await) {
                    self.perform(&next, &place, act, found.content.as_ref()).await?;
                }
                self.commit(toggle, next).await?
            }""",
    ),
    mutation(
        "flags that go back are not waited for",
        "feature-flag says that they are back when it has only begun",
        "functions/feature-flag/src/hands.rs",
        "Ok(«is_back.then_some(Performed::FlagsBack(left))»)",
        "{ let _ = is_back; Some(Performed::FlagsBack(left)) }",
    ),
    mutation(
        "flags are said to be set before they are",
        "traffic moves although some clients do not get them yet",
        "functions/feature-flag/src/hands.rs",
        ".or_else(|| «all_served.then_some(Performed::FlagsSet)»))",
        "{ let _ = all_served; Some(Performed::FlagsSet) }",
    ),
    mutation(
        "two that deploy at once stop each other",
        "a kill switch stops another one",
        DECIDE,
        "let is_stopped = other.state != FlagState::RollingBack && «read.at_once != Some(number)»;",
        "true",
    ),
]
