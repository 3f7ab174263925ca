//! The contract that every router meets, and what the alias has of its own.

use tidegate_domain::target::{Fence, Routing};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Finding;
use tidegate_engine::ports::{FaultKind, Routed};

use crate::stubs::{call, cloud, idle, target, version};

#[test]
fn every_router_reads_back_what_was_set_and_refuses_an_old_fence() {
    let ports = cloud(idle()).ports();
    let target = target();
    let split = Routing::split(&version("7"), &version("8"), Weight::from_percent(5.0).unwrap());
    for router in ports.routers.iter() {
        let before = call(router.observe(&target)).unwrap();
        let Routed::Written(written) = call(router.route(&target, &split, &before.fence)).unwrap() else {
            panic!("the fence was fresh")
        };
        assert_eq!(written.routing, split);
        assert_eq!(call(router.observe(&target)).unwrap(), written);
        assert_eq!(call(router.route(&target, &split, &before.fence)).unwrap(), Routed::FenceLost);
        let Routed::Written(again) = call(router.route(&target, &split, &written.fence)).unwrap() else {
            panic!("the fence was fresh")
        };
        assert_ne!(again.fence, written.fence, "a write that changes nothing moves the fence too");
    }
}

#[test]
fn an_alias_that_does_not_exist_is_missing() {
    let ports = cloud(idle()).ports();
    let nowhere = tidegate_domain::target::Target::lambda("checkout", "elsewhere");
    let fault = call(ports.routers.of(&nowhere).unwrap().observe(&nowhere)).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Missing(_)), "{fault}");
}

#[test]
fn a_candidate_that_is_pending_absent_or_of_another_role_is_found_unfit() {
    let ports = cloud(idle()).ports();
    let router = ports.routers.of(&target()).unwrap();
    let examined = |candidate: &str| {
        call(router.examine(&target(), &version("7"), &version(candidate))).unwrap().findings
    };
    assert_eq!(examined("8"), []);
    assert!(matches!(examined("9").as_slice(), [Finding::Incompatible(_)]));
    assert!(matches!(examined("10").as_slice(), [Finding::CandidateUnfit(_)]));
    assert!(matches!(examined("11").as_slice(), [Finding::CandidateUnfit(_)]));
}

#[test]
fn a_version_that_does_not_exist_is_refused() {
    let ports = cloud(idle()).ports();
    let router = ports.routers.of(&target()).unwrap();
    let fence = call(router.observe(&target())).unwrap().fence;
    let fault = call(router.route(&target(), &Routing::all(&version("99")), &fence)).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
    let unknown = Fence("no such".to_owned());
    assert_eq!(
        call(router.route(&target(), &Routing::all(&version("8")), &unknown)).unwrap(),
        Routed::FenceLost
    );
}
