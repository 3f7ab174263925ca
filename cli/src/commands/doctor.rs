//! `tidegate doctor`: looks whether an installation on AWS is whole.

use crate::args::{self, Global};
use crate::exit::{Exit, Failure};
use crate::out::Out;

/// Carries the command out.
#[cfg(feature = "aws")]
pub async fn run(args: &args::Doctor, global: &Global, out: &mut Out) -> Result<Exit, Failure> {
    use crate::backend::aws::Named;
    use crate::doctor::{Facts, Report};
    use crate::show;
    use tidegate_domain::target::Target;

    if global.world.is_some() {
        return Err(Failure::Usage("a simulated world needs no doctor: it is whole".to_owned()));
    }
    let target = args.function.clone().zip(args.alias.clone());
    let target = target.map(|(function, alias)| Target::lambda(function, alias));
    let report = Report::on(&Facts::gathered(Named::by(&global.place), target).await?);
    out.say(&show::doctor::report(&report))?;
    out.give(&report)?;
    Ok(if report.ok { Exit::Good } else { Exit::Bad })
}

/// Without AWS there is nothing to look at.
#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "as where it reaches AWS")]
pub async fn run(_: &args::Doctor, _: &Global, _: &mut Out) -> Result<Exit, Failure> {
    Err(crate::backend::no_aws())
}
