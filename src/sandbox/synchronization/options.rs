//! How much Cloud Sync a tenant has, and how fast its time runs.

/// How many domains, agents and jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloudSyncSize {
    /// 2 domains, 5 agents, 5 configurations with 8 jobs.
    #[default]
    Demo,
    /// 4 domains, 20 agents, 5 configurations with 15 jobs, and a schema of more than 600 KB.
    Full,
}

/// What to make of Cloud Sync.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudSyncOptions {
    /// How much there is.
    pub size: CloudSyncSize,
    /// Seconds of sandbox time per second. Cycles come every 20 to 40 seconds of sandbox time.
    pub pace: f64,
    /// Whether agents fall silent and objects vanish by themselves, so that there is something to see.
    pub story: bool,
    /// Entries of the provisioning log from the days before the start.
    pub log_rows: usize,
}

impl Default for CloudSyncOptions {
    fn default() -> Self {
        Self {
            size: CloudSyncSize::Demo,
            pace: 1.0,
            story: true,
            log_rows: 400,
        }
    }
}
