//! What is in use, as sections of names and values.

use crate::{
    engine::information::Information,
    tui::{job::JobId, widget::Scroll},
};

/// The screen.
#[derive(Clone, Debug)]
pub struct InformationScreen {
    /// The look at work, then the one that brought what is shown.
    pub job: JobId,
    /// What was gathered.
    pub information: Option<Box<Information>>,
    /// Why nothing was.
    pub failure: Option<String>,
    /// First visible line.
    pub scroll: Scroll,
}

/// Names and values under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// Whether its values are worth copying.
    pub copyable: bool,
    /// Name, value; a remark about the entry before has no name.
    pub entries: Vec<(String, String)>,
}

/// What was gathered, in reading order.
pub fn sections(information: &Information) -> Vec<Section> {
    let Information {
        version,
        config_file,
        config_file_exists,
        data_directory,
        runs,
        waves,
        locks,
        copied,
        shared_locks,
        profile,
        profiles,
        tenant,
        cloud,
        sign_in,
        client_id,
        endpoints,
        secrets,
        policy,
        environment,
    } = information;
    let none = |text: &str| if text.is_empty() { "none" } else { text }.to_owned();
    let or = |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
    let entries = |rows: Vec<(&str, String)>| {
        rows.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let mut files = vec![
        ("Configuration", config_file.clone()),
        ("Data", data_directory.clone()),
        ("Runs", runs.clone()),
        ("Waves", waves.clone()),
        ("Copied texts", copied.clone()),
        ("Locks", locks.clone()),
        ("Shared locks", or(shared_locks, "none")),
    ];
    if !config_file_exists {
        files.insert(
            1,
            (
                "",
                "This file is not there: the defaults are in force.".to_owned(),
            ),
        );
    }
    let mut service = vec![
        ("Profile", or(profile, "none")),
        ("All profiles", none(&profiles.join(", "))),
        ("Tenant", or(tenant, "none")),
        ("Cloud", or(cloud, "none")),
        ("Sign-in by", or(sign_in, "none")),
        ("Application", or(client_id, "Microsoft's public clients")),
        ("Secrets in", secrets.clone()),
    ];
    if let Some(addresses) = endpoints {
        service.extend([
            ("Login", addresses.login.clone()),
            ("Graph", addresses.graph.clone()),
            ("Exchange", addresses.exchange.clone()),
        ]);
    }
    let writing = if policy.read_only { "refused" } else { "allowed" };
    let most = match policy.max_changes {
        0 => "as many as the plan holds".to_owned(),
        most => most.to_string(),
    };
    let rules = vec![
        ("Writing", writing.to_owned()),
        (
            "Typed confirmation",
            format!("above {} mailboxes", policy.confirm_above),
        ),
        ("Changes in a run", most),
    ];
    let variables = environment.iter().map(|variable| {
        (
            variable.name.clone(),
            format!("{} ({})", variable.value, variable.meaning),
        )
    });
    vec![
        Section {
            title: "Program",
            copyable: false,
            entries: entries(vec![("Version", version.clone())]),
        },
        Section {
            title: "Files and folders",
            copyable: true,
            entries: entries(files),
        },
        Section {
            title: "Tenant",
            copyable: true,
            entries: entries(service),
        },
        Section {
            title: "Rules",
            copyable: false,
            entries: entries(rules),
        },
        Section {
            title: "Environment",
            copyable: false,
            entries: variables.collect(),
        },
    ]
}
