//! `AppConfig` of the simulated cloud.

use async_trait::async_trait;
use tidegate_domain::flag::{FlagDeployment, HostedVersion, Profile};
use tidegate_engine::ports::{Fault, FaultKind, FlagPlace, Flags, Numbered};

use crate::faults::Call;
use crate::gate::Gate;
use crate::state::State;
use crate::world::appconfig::{Environment, Hosted, Release, Stopped, Where, place};

/// A description is no longer than this.
const LONGEST_DESCRIPTION: usize = 1_024;

/// `AppConfig`, for one caller.
pub(super) struct CloudFlags(pub Gate);

#[async_trait]
impl Flags for CloudFlags {
    async fn find(&self, profile: &Profile) -> Result<FlagPlace, Fault> {
        let missing =
            || Fault::new(format!("flags {profile}"), FaultKind::Missing("no such profile".to_owned()));
        let find = |state: &mut State| {
            state.world.app_config.find(profile).map(|profile| place(&profile)).ok_or_else(missing)
        };
        self.0.call(Call::FindFlags, || profile.to_string(), find).await
    }

    async fn deployments(&self, place: &FlagPlace) -> Result<Vec<FlagDeployment>, Fault> {
        let list = |state: &mut State| {
            let (profile, environment) = at(state, place)?;
            Ok(environment.listed(&profile.profile))
        };
        self.0.call(Call::FlagDeployments, || shown(place), list).await
    }

    async fn deployment(&self, place: &FlagPlace, number: u64) -> Result<FlagDeployment, Fault> {
        let get = |state: &mut State| {
            let (profile, environment) = at(state, place)?;
            let found = environment.number(number).map(|released| released.told(&profile.profile));
            found.ok_or_else(|| missing(place, &format!("no deployment {number}")))
        };
        self.0.call(Call::FlagDeployment, || format!("{} {number}", shown(place)), get).await
    }

    async fn latest(&self, place: &FlagPlace) -> Result<Option<HostedVersion>, Fault> {
        let latest = |state: &mut State| {
            let (profile, _) = at(state, place)?;
            Ok(state.world.app_config.latest(&profile))
        };
        self.0.call(Call::LatestFlags, || shown(place), latest).await
    }

    async fn content(&self, place: &FlagPlace, version: u64) -> Result<String, Fault> {
        let content = |state: &mut State| {
            let (profile, _) = at(state, place)?;
            let text = state.world.app_config.text(&profile, version);
            text.map(str::to_owned).ok_or_else(|| missing(place, &format!("no version {version}")))
        };
        self.0.call(Call::FlagContent, || format!("{} version {version}", shown(place)), content).await
    }

    async fn write(
        &self,
        place: &FlagPlace,
        text: &str,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        let write = |state: &mut State| {
            let (profile, _) = at(state, place)?;
            fits(place, description)?;
            let hosted = Hosted { description: description.to_owned(), text: text.to_owned() };
            let written = state.world.app_config.write(&profile, after, hosted);
            if let Some(number) = written {
                state.note(format!("version {number} of {profile} is written: {description}"));
            }
            Ok(written.map_or_else(|| overtaken(state), Numbered::Number))
        };
        self.0.call(Call::WriteFlags, || shown(place), write).await
    }

    async fn start(
        &self,
        place: &FlagPlace,
        version: u64,
        strategy: Option<&str>,
        after: Option<u64>,
        description: &str,
    ) -> Result<Numbered, Fault> {
        let start = |state: &mut State| {
            let (profile, environment) = at(state, place)?;
            fits(place, description)?;
            if environment.under_way().is_some() || environment.last_number() != after {
                return Ok(overtaken(state));
            }
            let release = Release { profile: &profile, version, strategy, description };
            let refused =
                |why| Fault::new(format!("deployment to {}", shown(place)), FaultKind::Refused(why));
            state.release(&release).map(Numbered::Number).map_err(refused)
        };
        self.0.call(Call::StartFlags, || format!("{} version {version}", shown(place)), start).await
    }

    async fn stop(&self, place: &FlagPlace, number: u64) -> Result<(), Fault> {
        let stop = |state: &mut State| {
            let (profile, _) = at(state, place)?;
            match state.stop_flags(&Where::from(&profile), number, "Deployment stopped by user") {
                Stopped::Done => Ok(()),
                Stopped::Missing => Err(missing(place, &format!("no deployment {number}"))),
                Stopped::Refused(why) => {
                    Err(Fault::new(format!("deployment {number}"), FaultKind::Refused(why)))
                }
            }
        };
        self.0.call(Call::StopFlags, || format!("{} {number}", shown(place)), stop).await
    }
}

fn at<'a>(state: &'a State, place: &FlagPlace) -> Result<(Profile, &'a Environment), Fault> {
    let app_config = &state.world.app_config;
    let profile = app_config.at(place).ok_or_else(|| missing(place, "no such profile"))?;
    let environment = app_config.environment(&Where::from(&profile));
    environment.map(|environment| (profile, environment)).ok_or_else(|| missing(place, "no such environment"))
}

fn overtaken(state: &mut State) -> Numbered {
    state.struck.met("overtaken");
    Numbered::Overtaken
}

fn fits(place: &FlagPlace, description: &str) -> Result<(), Fault> {
    let too_long =
        || FaultKind::Refused(format!("a description of more than {LONGEST_DESCRIPTION} characters"));
    let fits = description.chars().count() <= LONGEST_DESCRIPTION;
    fits.then_some(()).ok_or_else(|| Fault::new(shown(place), too_long()))
}

fn missing(place: &FlagPlace, what: &str) -> Fault {
    Fault::new(shown(place), FaultKind::Missing(what.to_owned()))
}

fn shown(place: &FlagPlace) -> String {
    let FlagPlace { application, environment, profile } = place;
    format!("flags {application}/{environment}/{profile}")
}
