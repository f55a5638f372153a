//! Shell completions and the manual page, generated from the command line itself.

use std::io::Write;

use clap::CommandFactory;

use super::{Exit, Failure, arguments::Arguments};

/// Prints completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "handover", &mut text);
    print(&text)
}

/// Prints the manual: one page for the program, one section for each verb.
pub fn manual() -> Result<Exit, Failure> {
    let command = Arguments::command();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    print_verbs(&command, "handover", &mut text)?;
    print(&text)
}

fn print_verbs(command: &clap::Command, path: &str, text: &mut Vec<u8>) -> Result<(), Failure> {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name());
        writeln!(text, ".SH {}", path.to_uppercase())?;
        let page = clap_mangen::Man::new(verb.clone());
        page.render_description_section(text)?;
        if verb.get_arguments().any(|argument| !argument.is_global_set()) {
            page.render_options_section(text)?;
        }
        print_verbs(verb, &path, text)?;
    }
    Ok(())
}

fn print(text: &[u8]) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}
