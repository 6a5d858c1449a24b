//! `fsxctl setup` at a terminal.

use crate::harness::World;
use crate::terminal::{ENTER, Terminal};

/// What each question of the bare world is known by.
const QUESTIONS: [&str; 12] = [
    "AWS Region [us-west-2]",
    "How does the driver get its AWS identity",
    "How is the CSI driver installed",
    "Namespace of the claim [default]",
    "Name of the claim [fsx-claim]",
    "Deployment type and throughput",
    "Size of the claim [1200Gi]",
    "Data compression",
    "What happens to the file system",
    "Subnet of the file system",
    "Security group of the file system",
    "Apply these changes? [y/N]",
];

fn wizard(world: &World) -> Terminal<'_> {
    world.terminal(&["setup"], (40, 100))
}

#[test]
fn enter_all_the_way_is_setup_dynamic() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    for question in &QUESTIONS[..11] {
        terminal.until(question);
        terminal.press(ENTER);
    }
    terminal.until(QUESTIONS[11]);
    terminal.line("y");
    let run = terminal.end();
    println!("{}", run.stderr);
    panic!("{}", run.stdout);
}
