//! Region and cluster: asked before the cluster can be looked at.

use super::{Choice, Form, Question};

/// The Region, with the one that is meant without a flag.
pub fn region(found: Option<&str>) -> Question {
    Question {
        name: "region",
        title: "AWS Region".to_owned(),
        help: Vec::new(),
        form: Form::Text {
            flag: "region",
            start: found.unwrap_or_default().to_owned(),
            is_default: found.is_some(),
        },
    }
}

/// The EKS cluster, when it has to be asked for: there are several, or they cannot be seen (`None`). `meant` is the one
/// that is taken without a flag; `only_is_meant`: so is one that is alone.
pub fn cluster(there: Option<&[String]>, meant: Option<&str>, only_is_meant: bool) -> Option<Question> {
    let title = "EKS cluster".to_owned();
    let Some(there) = there else {
        let help = vec!["The clusters of this Region cannot be listed (eks:ListClusters)".to_owned()];
        let start = meant.unwrap_or_default().to_owned();
        let form = Form::Text { flag: "cluster", start, is_default: meant.is_some() };
        return Some(Question { name: "cluster", title, help, form });
    };
    let without = |name: &String| match meant {
        Some(meant) => meant == name,
        None => only_is_meant && there.len() == 1,
    };
    if there.len() == 1 && there.iter().all(without) {
        return None;
    }
    let options: Vec<Choice> = there
        .iter()
        .map(|name| match without(name) {
            true => Choice::new(&[], name),
            false => Choice::new(&["--cluster", name], name),
        })
        .collect();
    let preselected = options.iter().position(|option| option.words.is_empty()).unwrap_or_default();
    let form = Form::Choice { options, preselected };
    Some(Question { name: "cluster", title, help: Vec::new(), form })
}
