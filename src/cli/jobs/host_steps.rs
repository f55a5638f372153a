//! `handover jobs host-steps`: what Graph can't do, as steps for the agent's host. Only prints.

use serde_json::json;

use super::arguments::HostStepsArguments;
use crate::cli::{Exit, Failure, Output, arguments::Global};

struct Topic {
    name: &'static str,
    title: &'static str,
    steps: &'static [&'static str],
}

/// Folder of the agent's traces, and of its program (facts/graph section 7).
const TOPICS: [Topic; 6] = [
    Topic {
        name: "verbose-logs",
        title: "Verbose logs of an agent (Start- and Stop-AADCloudSyncToolsVerboseLogs)",
        steps: &[
            "# Not through Graph: the setting is in the agent's configuration file on its host, and Microsoft documents no other way than its module.",
            "# In an elevated Windows PowerShell on the agent's host; the module comes with the agent:",
            r#"$agent = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Azure AD Connect Agents\Azure AD Connect Provisioning Agent').InstallDir"#,
            r#"Import-Module (Get-ChildItem $agent -Recurse -Filter AADCloudSyncTools.psm1 | Select-Object -First 1).FullName"#,
            "Start-AADCloudSyncToolsVerboseLogs     # restarts the service AADConnectProvisioningAgent",
            "# ... let the fault happen, then:",
            "Stop-AADCloudSyncToolsVerboseLogs      # restarts the service again",
            r#"Get-ChildItem "$env:ProgramData\Microsoft\Azure AD Connect Provisioning Agent\Trace" | Sort-Object LastWriteTime -Descending"#,
        ],
    },
    Topic {
        name: "export-logs",
        title: "Traces and event logs of an agent in one archive (Export-AADCloudSyncToolsLogs)",
        steps: &[
            "# Not through Graph. In an elevated Windows PowerShell on the agent's host; no module is needed:",
            "$folder = Join-Path $env:TEMP ('agent-logs-' + (Get-Date -Format yyyyMMdd-HHmmss))",
            "New-Item -ItemType Directory $folder | Out-Null",
            r#"Copy-Item "$env:ProgramData\Microsoft\Azure AD Connect Provisioning Agent\Trace\*" $folder -Recurse"#,
            "foreach ($log in 'Application', 'System', 'Microsoft-AzureADConnect-ProvisioningAgent/Admin') {",
            "  $file = Join-Path $folder (($log -replace '/', '-') + '.evtx')",
            "  wevtutil export-log $log $file '/query:*[System[TimeCreated[timediff(@SystemTime) <= 86400000]]]'",
            "}",
            r#"Compress-Archive "$folder\*" "$folder.zip"; "$folder.zip""#,
            "# The archive names people and hosts: send it to nobody but support.",
        ],
    },
    Topic {
        name: "account-repair",
        title: "Repair of the synchronization account (Repair-AADCloudSyncToolsAccount)",
        steps: &[
            "# Microsoft removed this cmdlet with agent 1.1.2505.0. Handover does not rebuild it: it deletes an account and empties secrets of the whole tenant.",
            "# 1. Entra admin center > Users: look for ADToAADSyncServiceAccount. If it was deleted, restore it under Deleted users.",
            "# 2. Take it out of every Conditional Access policy that asks for a second factor or a device.",
            "# 3. Update an agent, run its configuration wizard again, then restart the job: handover jobs restart JOB --scope restart --write",
            "# 4. If the error stays, open a case with Microsoft and give the job id: handover jobs list",
        ],
    },
    Topic {
        name: "service-account",
        title: "The synchronization account (Get-AADCloudSyncToolsServiceAccount)",
        steps: &[
            "# Handover reads no users. With the Azure CLI, signed in to the tenant:",
            r#"az rest --url "https://graph.microsoft.com/v1.0/users?`$filter=startswith(userPrincipalName,'ADToAADSyncServiceAccount@')""#,
        ],
    },
    Topic {
        name: "group-members",
        title: "Removing members of a synchronized group (Remove-AADCloudSyncToolsGroupMembers)",
        steps: &[
            "# Not through Graph: the cmdlet calls a private interface by a library that comes with the agent.",
            "# Load the module on the agent's host as under `verbose-logs` and run it there.",
        ],
    },
    Topic {
        name: "agent-version",
        title: "The version of an agent",
        steps: &[
            "# Graph does not know it. In Windows PowerShell on the agent's host:",
            r#"$agent = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Azure AD Connect Agents\Azure AD Connect Provisioning Agent').InstallDir"#,
            "(Get-Item (Join-Path $agent 'AADConnectProvisioningAgent.exe')).VersionInfo.FileVersion",
        ],
    },
];

/// Prints the steps of one topic, or of all.
pub fn run(global: &Global, arguments: &HostStepsArguments) -> Result<Exit, Failure> {
    let chosen: Vec<&Topic> = match &arguments.topic {
        None => TOPICS.iter().collect(),
        Some(name) => {
            let topic = TOPICS.iter().find(|topic| topic.name == name).ok_or_else(|| {
                let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
                Failure::usage(format!("there is no topic `{name}`"))
                    .advise(format!("The topics are {}.", names.join(", ")))
            })?;
            vec![topic]
        }
    };
    let mut output = Output::new(global.output);
    if output.is_flat() {
        for (index, topic) in chosen.iter().enumerate() {
            if index > 0 {
                output.text("")?;
            }
            output.text(&format!("# {}: {}", topic.name, topic.title))?;
            for step in topic.steps {
                output.text(step)?;
            }
        }
        output.flush()?;
        return Ok(Exit::Done);
    }
    for topic in chosen {
        output.row(&json!({
            "topic": topic.name,
            "title": topic.title,
            "steps": topic.steps,
        }))?;
    }
    output.finish()?;
    Ok(Exit::Done)
}
