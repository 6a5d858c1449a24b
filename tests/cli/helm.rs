//! The Helm road, with the sandbox's stand-in for the program: installing, what is left half done, what others did.

use crate::harness::{Run, World};

fn ok(world: &World, words: &str) -> Run {
    let run = world.fsxctl(words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    run
}

#[test]
fn with_helm_the_claim_is_bound_and_a_second_run_writes_nothing() {
    let world = World::bare().with_helm();
    let run = ok(&world, "setup dynamic --yes -q --driver helm --identity irsa");
    eprintln!("{}", run.show());
    world.fsxctl("setup dynamic --yes -q --driver helm --identity irsa").ends_untouched(0);
}
