//! What feature-flag does for rollouts: looks whether their flags can be set, sets them, and puts them back.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_domain::effect::{Effect, EffectId, Pending, Performed};
use tidegate_domain::flag::toggle::{AskedBy, Goal, Progress, Stage, Toggle, ToggleId};
use tidegate_domain::flag::{Profile, Wanted};
use tidegate_domain::policy::FlagChange;
use tidegate_domain::rollout::Rollout;
use tidegate_engine::ports::Fault;
use tidegate_engine::{Engine, Hands, Toggling};

/// What feature-flag may do.
pub(crate) struct Switches {
    pub(crate) toggling: Arc<Toggling>,
}

/// The changes of one profile.
struct Group<'a> {
    profile: &'a Profile,
    changes: Vec<&'a FlagChange>,
}

impl Group<'_> {
    fn wanted(&self) -> Vec<Wanted> {
        self.changes.iter().map(|change| change.wanted.clone()).collect()
    }

    fn ships_pending(&self) -> bool {
        self.changes.iter().any(|change| change.ship_pending)
    }

    /// The toggle for an effect of a rollout.
    fn toggle(&self, rollout: &Rollout, effect: EffectId, toggling: &Toggling) -> Toggle {
        let id = ToggleId::of_rollout(&rollout.id, self.profile);
        let asked = AskedBy::Rollout { rollout: rollout.id.clone() };
        let toggle = Toggle::asked(id, self.profile.clone(), asked, self.wanted(), toggling.clock.now());
        let strategy = self.changes.iter().find_map(|change| change.strategy.clone());
        Toggle { effect: Some(effect), strategy, ship_pending: self.ships_pending(), ..toggle }
    }
}

/// The changes by profile, in the policy's order.
fn groups<'a>(changes: impl Iterator<Item = &'a FlagChange>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for change in changes {
        match groups.iter_mut().find(|group| *group.profile == change.profile) {
            Some(group) => group.changes.push(change),
            None => groups.push(Group { profile: &change.profile, changes: vec![change] }),
        }
    }
    groups
}

impl Switches {
    async fn examine(&self, rollout: &Rollout) -> Result<Performed, Fault> {
        let mut problems = Vec::new();
        for group in groups(rollout.policy.flags.iter()) {
            let ships = group.ships_pending();
            problems.extend(self.toggling.examine(group.profile, &group.wanted(), ships).await?);
        }
        Ok(Performed::FlagsExamined(problems))
    }

    async fn set(
        &self,
        rollout: &Rollout,
        effect: EffectId,
        flags: &[usize],
    ) -> Result<Option<Performed>, Fault> {
        let (mut all_served, mut planned) = (true, false);
        for group in groups(rollout.flag_changes(flags)) {
            let Some(toggle) = self.brought_on(rollout, effect, &group).await? else {
                all_served = false;
                continue;
            };
            planned |= matches!(toggle.stage, Stage::Planned { .. });
            match toggle.progress() {
                Progress::Served => {}
                // It goes back, and says so itself: nobody is to resume it.
                Progress::Failed(_) if matches!(toggle.stage, Stage::Lost { .. }) => all_served = false,
                Progress::Failed(why) => {
                    return Ok(Some(Performed::Denied(format!("{}: {why}", group.profile))));
                }
                Progress::UnderWay(_) | Progress::Back(_) => all_served = false,
            }
        }
        // A plan is performed at once, but while frozen.
        let freeze = if planned { self.toggling.store.freeze_switch().await?.freeze() } else { None };
        Ok(freeze.map(Performed::Frozen).or_else(|| all_served.then_some(Performed::FlagsSet)))
    }

    /// The toggle of this effect, as far as it goes; `None` while an earlier one of the same profile is under way, or where it
    /// goes back already.
    async fn brought_on(
        &self,
        rollout: &Rollout,
        effect: EffectId,
        group: &Group<'_>,
    ) -> Result<Option<Toggle>, Fault> {
        let fresh = group.toggle(rollout, effect, &self.toggling);
        let toggle = self.toggling.ask(fresh.clone()).await?;
        if toggle.goal == Goal::Restore {
            return Ok(None);
        }
        if toggle.effect == Some(effect) {
            return Ok(Some(toggle));
        }
        let Some(next) = toggle.wanting(&fresh, self.toggling.clock.now()) else { return Ok(None) };
        self.toggling.want(&toggle, next).await.map(Some)
    }

    async fn restore(&self, rollout: &Rollout) -> Result<Option<Performed>, Fault> {
        let mut is_back = true;
        let mut left = Vec::new();
        for group in groups(rollout.flag_changes(&rollout.flags.asked)) {
            let toggle = self.toggling.take_back(&rollout.id, group.profile).await?;
            match toggle.progress() {
                Progress::Back(spots) => {
                    left.extend(spots.iter().map(|spot| format!("{spot} in {}", group.profile)));
                }
                Progress::UnderWay(_) | Progress::Served | Progress::Failed(_) => is_back = false,
            }
        }
        Ok(is_back.then_some(Performed::FlagsBack(left)))
    }
}

#[async_trait]
impl Hands for Switches {
    async fn perform(
        &self,
        _: &Engine,
        rollout: &Rollout,
        pending: &Pending,
    ) -> Result<Option<Performed>, Fault> {
        match &pending.effect {
            Effect::ExamineFlags => self.examine(rollout).await.map(Some),
            Effect::SetFlags { flags } => self.set(rollout, pending.id, flags).await,
            Effect::RestoreFlags => self.restore(rollout).await,
            Effect::Shift { .. }
            | Effect::TakeBack { .. }
            | Effect::StartDeployment { .. }
            | Effect::ContinueDeployment { .. }
            | Effect::StopDeployment { .. }
            | Effect::Supersede { .. }
            | Effect::Measure
            | Effect::StartNext
            | Effect::Restart { .. }
            | Effect::Announce(_) => unreachable!("the engine gives a function its own effects only"),
        }
    }
}
