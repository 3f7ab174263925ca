//! Toggling: a toggle is looked at, planned, committed and performed until it has to wait. What was committed is performed by
//! whoever comes next, any number of times, and has an effect once: AppConfig's own fences see to that.

use std::sync::Arc;

use tidegate_domain::attention::owner_of;
use tidegate_domain::flag::toggle::{
    Act, AskedBy, Carried, Goal, RESTORED, Stage, Toggle, ToggleId, carried, decide,
};
use tidegate_domain::flag::{Content, Document, FlagDeployment, Profile, Read, Wanted, version_in_force};
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_domain::trigger::Judged;
use tidegate_domain::verdict::{Cause, Verdict};
use tidegate_wire::bus::{FlagsChanged, FlagsResult, Message, RolloutOutcome, VerdictReached};
use tracing::{info, warn};

use crate::ports::{Bus, Clock, Committed, Fault, FaultKind, FlagPlace, Flags, Numbered, Store};

/// So many steps are taken in one invocation at most; the next sweep goes on.
const STEPS: usize = 16;

/// What toggling needs of the world.
pub struct Toggling {
    /// The table.
    pub store: Arc<dyn Store>,
    /// AppConfig.
    pub flags: Arc<dyn Flags>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is known of a toggle's place in one invocation.
#[derive(Default)]
struct Found {
    place: Option<FlagPlace>,
    content: Option<Content>,
}

/// What must be so still when a planned version is deployed.
struct Fences {
    /// This version is the newest one.
    after_version: Option<u64>,
    /// This deployment is the environment's newest one.
    after_number: Option<u64>,
    /// This version is in force. Only a plan of an earlier invocation has to ask: what somebody reverts since moves no number.
    in_force: Option<u64>,
}

impl Toggling {
    /// Takes a toggle in, unless one of its name is there already, and brings it as far as it goes.
    pub async fn ask(&self, toggle: Toggle) -> Result<Toggle, Fault> {
        let id = toggle.id.clone();
        match self.store.commit_toggle(None, &toggle).await? {
            Committed::Done => self.run(toggle, true).await,
            Committed::Conflict | Committed::Duplicate | Committed::Locked => {
                self.go_on(&id, false).await?.ok_or_else(|| missing(&id))
            }
        }
    }

    /// Brings a toggle as far as it goes. In a hurry it does not wait for the time of its next look: something happened there.
    pub async fn go_on(&self, id: &ToggleId, hurried: bool) -> Result<Option<Toggle>, Fault> {
        match self.store.toggle(id).await? {
            Some(toggle) => self.run(toggle, hurried).await.map(Some),
            None => Ok(None),
        }
    }

    /// Writes what is wanted of a toggle besides, and brings it as far as it goes.
    pub async fn want(&self, before: &Toggle, next: Toggle) -> Result<Toggle, Fault> {
        let toggle = self.commit(before.clone(), next).await?;
        self.run(toggle, true).await
    }

    async fn run(&self, mut toggle: Toggle, mut hurried: bool) -> Result<Toggle, Fault> {
        let mut found = Found::default();
        for _ in 0..STEPS {
            let Some(next) = self.step(&toggle, hurried, &mut found).await? else { return Ok(toggle) };
            if matches!(next.stage, Stage::Due { .. }) && matches!(toggle.stage, Stage::Due { .. }) {
                hurried = false;
            }
            toggle = self.commit(toggle, next).await?;
        }
        Ok(toggle)
    }

    /// Writes what became of a toggle; where somebody else was faster, theirs stands.
    async fn commit(&self, before: Toggle, next: Toggle) -> Result<Toggle, Fault> {
        // Said first: a second saying is no harm, and none is lost.
        if let Some(result) = ended(&before, &next) {
            let changed = FlagsChanged {
                toggle: next.id.clone(),
                profile: next.profile.clone(),
                wanted: next.wanted.clone(),
                result,
                by: next.asked.to_string(),
                why: next.log.last().map(|note| note.what.clone()).unwrap_or_default(),
            };
            self.bus.publish(&[Message::FlagsChanged(changed)]).await?;
        }
        match self.store.commit_toggle(Some(&before), &next).await? {
            Committed::Done => {
                if let Some(note) = next.log.last().filter(|_| next.log.len() > before.log.len()) {
                    info!(toggle.id = %next.id, "flags of {}: {}", next.profile, note.what);
                }
                Ok(next)
            }
            Committed::Conflict | Committed::Duplicate | Committed::Locked => {
                self.store.toggle(&before.id).await?.ok_or_else(|| missing(&before.id))
            }
        }
    }

    /// The next step of a toggle; `None` where it has to wait, or is over.
    async fn step(&self, toggle: &Toggle, hurried: bool, found: &mut Found) -> Result<Option<Toggle>, Fault> {
        let now = self.clock.now();
        if let Some(outcome) = &toggle.untold {
            let outcome = outcome.as_ref().clone();
            self.bus.publish(&[Message::RolloutOutcome(RolloutOutcome { outcome })]).await?;
            return Ok(Some(toggle.told(now)));
        }
        let act = match &toggle.stage {
            Stage::Done { .. } | Stage::Failed { .. } => return Ok(None),
            Stage::Lost { why } => return self.lost(toggle, why).await,
            Stage::Due { not_before, .. } if now < *not_before && !hurried => return Ok(None),
            Stage::Due { .. } | Stage::Deploying { .. } => None,
            Stage::Planned { act } => Some(act),
        };
        let read = match (self.place(toggle, found).await, act) {
            (Ok(_), Some(act)) if self.is_held(toggle, act).await? => return Ok(None),
            (Ok(place), Some(act)) => {
                let result = self.perform(toggle, &place, act, found.content.as_ref()).await?;
                return Ok(carried(toggle, &result, self.clock.now()));
            }
            (Ok(place), None) => self.read(toggle, &place, found).await,
            (Err(fault), _) => Err(fault),
        };
        match read {
            Ok(read) => Ok(decide(toggle, &read, now)),
            Err(fault) if fault.may_pass() => Err(fault),
            Err(fault) => {
                warn!(toggle.id = %toggle.id, "flags of {}: {fault}", toggle.profile);
                Ok(Some(toggle.unreadable(&fault.to_string(), now)))
            }
        }
    }

    /// Flags of rollouts are not set while frozen. Those of kill switches and of people are, and all of them go back.
    async fn is_held(&self, toggle: &Toggle, act: &Act) -> Result<bool, Fault> {
        let is_of_rollout = matches!(toggle.asked, AskedBy::Rollout { .. }) && toggle.goal == Goal::Set;
        let sets = is_of_rollout && matches!(act, Act::Deploy { .. });
        Ok(sets && self.store.freeze_switch().await?.freeze().is_some())
    }

    async fn place(&self, toggle: &Toggle, found: &mut Found) -> Result<FlagPlace, Fault> {
        if let Some(place) = &found.place {
            return Ok(place.clone());
        }
        let place = self.flags.find(&toggle.profile).await?;
        found.place = Some(place.clone());
        Ok(place)
    }

    async fn read(&self, toggle: &Toggle, place: &FlagPlace, found: &mut Found) -> Result<Read, Fault> {
        if let Stage::Deploying { number, .. } = &toggle.stage {
            let deployment = self.flags.deployment(place, *number).await?;
            let deployments = vec![deployment];
            return Ok(Read { deployments, latest: None, deployed: None, draft: None, at_once: None });
        }
        let mut read = self.read_all(place, toggle.ship_pending).await?;
        if let Some(number) = read.under_way().map(|other| other.number).filter(|_| toggle.preempt) {
            read.at_once = self.is_at_once(place, number).await?.then_some(number);
        }
        found.content =
            read.draft.clone().filter(|_| toggle.goal == Goal::Set).or_else(|| read.deployed.clone());
        Ok(read)
    }

    /// Whether another toggle started this deployment at once. It says so itself: what is listed in the table may be a while old.
    async fn is_at_once(&self, place: &FlagPlace, deployment: u64) -> Result<bool, Fault> {
        let deployment = self.flags.deployment(place, deployment).await?;
        let Some(id) = deployment.description.as_deref().and_then(ToggleId::signed) else { return Ok(false) };
        Ok(self.store.toggle(&id).await?.is_some_and(|other| other.deploys_at_once()))
    }

    /// What is in force in a place, and what was written there.
    pub async fn read_all(&self, place: &FlagPlace, ship_pending: bool) -> Result<Read, Fault> {
        // The newest version first: a revert moves no number of a deployment, and is followed by a version. Whoever reads the version
        // after it does not read the deployment as it was before it.
        let latest = self.flags.latest(place).await?;
        let deployments = self.flags.deployments(place).await?;
        let mut read = Read { deployments, latest, deployed: None, draft: None, at_once: None };
        if let Some(version) = read.version_in_force() {
            read.deployed = Some(Content { version, text: self.flags.content(place, version).await? });
        }
        if let Some(version) = read.undeployed().map(|draft| draft.number).filter(|_| ship_pending) {
            read.draft = Some(Content { version, text: self.flags.content(place, version).await? });
        }
        Ok(read)
    }

    async fn perform(
        &self,
        toggle: &Toggle,
        place: &FlagPlace,
        act: &Act,
        known: Option<&Content>,
    ) -> Result<Carried, Fault> {
        let performed = match act {
            Act::Stop { number } => self.flags.stop(place, *number).await.map(|()| Carried::Stopped),
            Act::Deploy { base, edits, after_version, after_number, .. } => {
                let is_fresh = known.is_some_and(|content| content.version == *base);
                let fences = Fences {
                    after_version: *after_version,
                    after_number: *after_number,
                    in_force: toggle.must_be_in_force(act).filter(|_| !is_fresh),
                };
                let changed = self.text(place, *base, known).await.and_then(|text| {
                    let unreadable =
                        |problem| Fault::new(format!("version {base}"), FaultKind::Unreadable(problem));
                    Ok(Document::read(&text).map_err(unreadable)?.with(edits))
                });
                match changed {
                    Ok(text) => self.deploy(toggle, place, &text, &fences).await,
                    Err(fault) => Err(fault),
                }
            }
            Act::Rewrite { base, after_version } => match self.text(place, *base, known).await {
                Ok(text) => self.rewrite(place, &text, *after_version).await,
                Err(fault) => Err(fault),
            },
        };
        match performed {
            Err(fault) if !fault.may_pass() => Ok(Carried::Refused(fault.to_string())),
            other => other,
        }
    }

    async fn text(&self, place: &FlagPlace, version: u64, known: Option<&Content>) -> Result<String, Fault> {
        match known.filter(|content| content.version == version) {
            Some(content) => Ok(content.text.clone()),
            None => self.flags.content(place, version).await,
        }
    }

    /// Makes a text the newest version again. Where another one is by now, that is somebody's, and all is well.
    async fn rewrite(&self, place: &FlagPlace, text: &str, after: u64) -> Result<Carried, Fault> {
        self.flags.write(place, text, Some(after), RESTORED).await.map(|_| Carried::Rewritten)
    }

    /// Writes a version and starts its deployment. A crash after either finds it there.
    async fn deploy(
        &self,
        toggle: &Toggle,
        place: &FlagPlace,
        text: &str,
        fences: &Fences,
    ) -> Result<Carried, Fault> {
        let signature = toggle.signature();
        let version = match self.flags.write(place, text, fences.after_version, &signature).await? {
            Numbered::Number(version) => version,
            Numbered::Overtaken => match self.flags.latest(place).await? {
                Some(latest) if latest.description == signature => latest.number,
                Some(_) | None => {
                    let written = self.was_written(place, text, fences.after_version).await?;
                    return Ok(Carried::Overtaken { written });
                }
            },
        };
        let overtaken = Carried::Overtaken { written: true };
        if let Some(base) = fences.in_force {
            let deployments = self.flags.deployments(place).await?;
            if let Some(number) = started(&deployments, version) {
                return Ok(Carried::Started(number));
            }
            if version_in_force(&deployments) != Some(base) {
                return Ok(overtaken);
            }
        }
        let strategy = toggle.strategy.as_deref().filter(|_| toggle.goal == Goal::Set);
        match self.flags.start(place, version, strategy, fences.after_number, &signature).await? {
            Numbered::Number(number) => Ok(Carried::Started(number)),
            Numbered::Overtaken => {
                let deployments = self.flags.deployments(place).await?;
                Ok(started(&deployments, version).map_or(overtaken, Carried::Started))
            }
        }
    }

    /// Whether a text was written by an attempt that died since: as the version after the one that was the newest then. Where that
    /// cannot be read any more it may have been.
    async fn was_written(&self, place: &FlagPlace, text: &str, after: Option<u64>) -> Result<bool, Fault> {
        match self.flags.content(place, after.unwrap_or(0) + 1).await {
            Ok(found) => Ok(found == text),
            Err(fault) if fault.may_pass() => Err(fault),
            Err(_) => Ok(true),
        }
    }

    /// Its rollout is told, until it goes back or is over.
    async fn lost(&self, toggle: &Toggle, why: &str) -> Result<Option<Toggle>, Fault> {
        let AskedBy::Rollout { rollout } = &toggle.asked else {
            return Ok(toggle.given_up(self.clock.now()));
        };
        let rollout = self.store.load(rollout).await?.filter(|rollout| !rollout.phase.is_terminal());
        let Some(Rollout { id, version, .. }) = rollout else { return Ok(toggle.given_up(self.clock.now())) };
        let verdict = Verdict::RollBack(Cause::FlagsTakenBack(why.to_owned()));
        let owner = owner_of(&verdict);
        let reached = VerdictReached { rollout: id, owner, judged: Judged { version, verdict } };
        self.bus.publish(&[Message::VerdictReached(reached)]).await?;
        Ok(None)
    }

    /// What stands against setting these flags of one profile, each problem in words.
    pub async fn examine(
        &self,
        profile: &Profile,
        wanted: &[Wanted],
        ship_pending: bool,
    ) -> Result<Vec<String>, Fault> {
        let problems = match self.examined(profile, wanted, ship_pending).await {
            Err(fault) if fault.may_pass() => return Err(fault),
            Err(fault) => vec![fault.to_string()],
            Ok(problems) => problems,
        };
        Ok(problems.into_iter().map(|problem| format!("{profile}: {problem}")).collect())
    }

    async fn examined(
        &self,
        profile: &Profile,
        wanted: &[Wanted],
        ship_pending: bool,
    ) -> Result<Vec<String>, Fault> {
        let place = self.flags.find(profile).await?;
        let read = self.read_all(&place, ship_pending).await?;
        Ok(match read.base(ship_pending) {
            Ok(base) => Document::read(&base.text)
                .map_err(|problem| vec![problem])
                .and_then(|d| d.plan(wanted))
                .err()
                .unwrap_or_default(),
            Err(problem) => vec![problem],
        })
    }

    /// The toggle of a rollout for a profile, going back; where there was none it stands there from now on, so that nobody begins
    /// one any more.
    pub async fn take_back(&self, rollout: &RolloutId, profile: &Profile) -> Result<Toggle, Fault> {
        let id = ToggleId::of_rollout(rollout, profile);
        for _ in 0..STEPS {
            let now = self.clock.now();
            let Some(toggle) = self.store.toggle(&id).await? else {
                let nothing = Toggle::nothing(id.clone(), profile.clone(), rollout.clone(), now);
                match self.store.commit_toggle(None, &nothing).await? {
                    Committed::Done => return Ok(nothing),
                    Committed::Conflict | Committed::Duplicate | Committed::Locked => continue,
                }
            };
            let Some(back) = toggle.going_back(now) else { return self.run(toggle, false).await };
            if self.store.commit_toggle(Some(&toggle), &back).await? == Committed::Done {
                return self.run(back, true).await;
            }
        }
        Err(Fault::new(
            format!("toggle {id}"),
            FaultKind::Passing("lost the race for it too often".to_owned()),
        ))
    }
}

/// The deployment of the profile that deploys this version, where one does.
fn started(deployments: &[FlagDeployment], version: u64) -> Option<u64> {
    let version = version.to_string();
    let own = deployments.iter().find(|known| known.of_profile && known.version == version)?;
    Some(own.number)
}

/// What a toggle came to with this step.
fn ended(before: &Toggle, next: &Toggle) -> Option<FlagsResult> {
    let is_over = |toggle: &Toggle| {
        matches!(toggle.stage, Stage::Done { .. } | Stage::Failed { .. } | Stage::Lost { .. })
    };
    let result = match (&next.stage, next.goal) {
        (Stage::Done { .. }, Goal::Set) => FlagsResult::Set,
        (Stage::Done { .. }, Goal::Restore) => FlagsResult::Restored,
        (Stage::Failed { .. } | Stage::Lost { .. }, _) => FlagsResult::Failed,
        (Stage::Due { .. } | Stage::Planned { .. } | Stage::Deploying { .. }, _) => return None,
    };
    (!is_over(before)).then_some(result)
}

fn missing(id: &ToggleId) -> Fault {
    Fault::new(format!("toggle {id}"), FaultKind::Missing("its document is gone".to_owned()))
}
