//! `tidegate world`: makes simulated worlds, and lets time go by in them.

use std::collections::BTreeMap;

use serde_json::json;
use tidegate_domain::rollout::RolloutId;
use tidegate_domain::units::Span;

use super::following::Following;
use crate::args::{self, Global};
use crate::backend::{self, Backend, Needs, SimulatedWorld};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::play::SEED;
use crate::show::numbers::moment;
use crate::show::style::{BOLD, in_style};

/// Carries the command out.
pub async fn run(command: &args::World, global: &Global, out: &mut Out) -> Result<Exit, Failure> {
    match command {
        args::World::New { file, scenario, seed } => {
            let mut world = SimulatedWorld::new(scenario.as_deref(), seed.unwrap_or(SEED), file)?;
            let (title, story) = world.story();
            world.close().await?;
            out.say(&format!(
                "{}\n{story}\n\nit is {} in {}\n",
                in_style(BOLD, &title),
                moment(world.ports().clock.now()),
                file.display()
            ))?;
            out.give(
                &json!({ "file": file, "title": title, "story": story, "now": world.ports().clock.now() }),
            )?;
        }
        args::World::Advance { time } => {
            if global.world.is_none() {
                return Err(Failure::Usage("which world? say --world FILE".to_owned()));
            }
            let mut world = backend::open(global).await?;
            advance(*time, world.as_mut(), out).await?;
            world.close().await?;
            let now = world.ports().clock.now();
            out.say(&format!("it is {}\n", moment(now)))?;
            out.give(&json!({ "now": now }))?;
        }
    }
    Ok(Exit::Good)
}

/// Lets time go by and says what happens to the rollouts meanwhile.
async fn advance(time: Span, world: &mut dyn Backend, out: &mut Out) -> Result<(), Failure> {
    let ports = world.ports();
    let until = time.after(ports.clock.now());
    let mut followed: BTreeMap<RolloutId, Following> = BTreeMap::new();
    follow(&ports, &mut followed, true).await?;
    while ports.clock.now() < until {
        let left = Span::between(ports.clock.now(), until);
        world.pass(left.min(Span::minutes(1)).max(Span::seconds(1))).await;
        follow(&ports, &mut followed, false).await?;
        for following in followed.values_mut() {
            following.look(ports.store.as_ref(), out).await?;
        }
    }
    Ok(())
}

/// Follows the rollouts under way: from where they stand, or one that began meanwhile from its beginning.
async fn follow(
    ports: &Needs,
    followed: &mut BTreeMap<RolloutId, Following>,
    first: bool,
) -> Result<(), Failure> {
    for listed in ports.store.listed().await?.rollouts {
        if followed.contains_key(&listed.id) {
            continue;
        }
        let following = match ports.store.load(&listed.id).await? {
            Some(rollout) if first => Following::from_now(&rollout, ports.store.as_ref()).await?,
            Some(_) | None => Following::from_the_beginning(listed.id.clone()),
        };
        followed.insert(listed.id, following);
    }
    Ok(())
}
