//! Undo of the driver: the add-on that fsxctl made.

use super::ADDON;
use crate::domain::ownership;
use crate::facts::{Facts, Seen};
use crate::steps::{Action, Block, Change, Item, Resource, StepId, Verb};

pub(super) fn absent(facts: &Facts) -> Result<Item, Box<Block>> {
    let addon = match &facts.driver.addon {
        Seen::Found(addon) => addon,
        Seen::Missing => return Ok(Item::settled(StepId::Driver, "there is no add-on")),
        Seen::Hidden(veil) => return Err(crate::steps::denied("the driver's add-on", veil)),
    };
    let ours = ownership::is_created(&addon.tags, &facts.cluster.arn);
    if !ours {
        return Ok(Item::settled(StepId::Driver, "the add-on is not fsxctl's"));
    }
    if addon.status == "DELETING" {
        return Ok(Item::settled(StepId::Driver, "the add-on is being deleted"));
    }
    let change = Change {
        id: "delete-addon".to_owned(),
        verb: Verb::Delete,
        resource: Resource::new("Addon", ADDON),
        because: "fsxctl made it for this cluster".to_owned(),
        permissions: vec!["eks:DeleteAddon".to_owned()],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::DeleteAddon { cluster: facts.cluster.name.clone(), name: ADDON.to_owned() },
    };
    Ok(Item::settled(StepId::Driver, "fsxctl made it").with(vec![change]))
}
