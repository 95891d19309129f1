//! That the command line is understood as its help says.

use clap::{CommandFactory as _, error::ErrorKind};

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

fn refused(line: &str) -> ErrorKind {
    parse(line).expect_err(line).kind()
}

#[test]
fn definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_of_the_help_is_understood() {
    let lines = [
        "atrium demo",
        "atrium demo --listen 127.0.0.1:9000 --data-dir /tmp/x",
        "atrium serve --no-migrate",
        "atrium worker --once",
        "atrium migrate up",
        "atrium migrate down --steps 2 --yes",
        "atrium migrate status --json",
        "atrium seed --size m",
        "atrium tenant create --name Acme --slug acme --email a@b.example --currency USD --plan business",
        "atrium tenant list",
        "atrium tenant show acme",
        "atrium tenant suspend acme --reason unpaid -y",
        "atrium tenant reactivate acme",
        "atrium user create acme --role admin --email a@b.example",
        "atrium user invite --tenant acme --email a@b.example --role team_member --role editor",
        "atrium user invite --tenant acme --email a@b.example --role client --inviter c@d.example",
        "atrium user list acme",
        "atrium user reset-password a@b.example",
        "atrium user unlock a@b.example",
        "atrium key rotate",
        "atrium key rotate --master",
        "atrium schema --check --file schema.graphql",
        "atrium config check --changed",
        "atrium health --timeout 1 --listen 127.0.0.1:9000",
        "atrium completions bash",
        "atrium completions powershell",
        "atrium man --dir /tmp/pages",
    ];
    for line in lines {
        parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn program_without_a_command_is_a_demonstration() {
    for line in ["atrium", "atrium --listen 127.0.0.1:9000 --data-dir /tmp/x"] {
        assert!(parse(line).unwrap().command.is_none(), "{line}");
    }
    assert!(matches!(parse("atrium demo").unwrap().command, Some(Command::Demo(_))));
}

#[test]
fn options_may_stand_before_and_after_the_command() {
    for line in ["atrium --json --listen [::1]:80 tenant list", "atrium tenant --json list --listen [::1]:80"]
    {
        let Cli { options, .. } = parse(line).unwrap();
        assert!(options.json && !options.yes, "{line}");
        assert_eq!(options.listen, Some("[::1]:80".parse().unwrap()), "{line}");
    }
}

#[test]
fn wrong_arguments_are_refused_with_the_code_for_usage() {
    assert_eq!(refused("atrium tenant"), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
    assert_eq!(refused("atrium fly"), ErrorKind::InvalidSubcommand);
    assert_eq!(refused("atrium serve --listen everywhere"), ErrorKind::ValueValidation);
    assert_eq!(refused("atrium seed --size xl"), ErrorKind::InvalidValue);
    assert_eq!(refused("atrium migrate down --steps 0"), ErrorKind::ValueValidation);
    assert_eq!(refused("atrium tenant create --plan free"), ErrorKind::ValueValidation);
    assert_eq!(refused("atrium user unlock nobody"), ErrorKind::ValueValidation);
    assert_eq!(
        refused("atrium user invite --tenant acme --email a@b.example"),
        ErrorKind::MissingRequiredArgument
    );
    assert_eq!(refused("atrium completions dos"), ErrorKind::InvalidValue);
    assert_eq!(refused("atrium schema --file x"), ErrorKind::MissingRequiredArgument);
    assert_eq!(parse("atrium fly").unwrap_err().exit_code(), 2);
}

#[test]
fn passwords_are_never_arguments() {
    fn walk(command: &clap::Command) {
        for argument in command.get_arguments() {
            assert!(!argument.get_id().as_str().contains("password"), "{}", command.get_name());
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&Cli::command());
}

#[test]
fn flags_go_before_the_environment() {
    let Cli { options, .. } = parse("atrium serve --listen 127.0.0.1:9001 --data-dir /tmp/atrium-x").unwrap();
    let mut sources = options.sources();
    sources.file = None;
    sources.env = [("ATRIUM_LISTEN".to_owned(), "127.0.0.1:9000".to_owned())].into();
    let config = config::load(&sources).unwrap().config;
    assert_eq!(config.server.listen.port(), 9001);
    assert_eq!(config.data_dir, PathBuf::from("/tmp/atrium-x"));
}

#[test]
fn failures_end_with_the_codes_of_the_help() {
    assert_eq!(Failure::failed("x").code(), 1);
    assert_eq!(Failure::from(config::ConfigErrors(vec!["x".to_owned()])).code(), 2);
    assert_eq!(Failure::from(kernel::Error::not_found("Tenant", "x")).code(), 3);
    let wrong = kernel::Error::field("slug", identity::tenant::create::SLUG_TAKEN);
    assert_eq!(Failure::from(wrong.clone()).code(), 2);
    assert!(Failure::from(wrong).message().starts_with("slug: "));
    for line in ["0  done", "1  failed", "2  the arguments", "3  not found"] {
        assert!(EXIT_CODES.contains(line));
    }
}

#[test]
fn tables_line_up_and_end_without_blanks() {
    let rows = [vec!["a".to_owned(), "long entry".to_owned()], vec!["śśś".to_owned(), String::new()]];
    assert_eq!(show::table(&["X", "Y"], &rows), "X    Y\na    long entry\nśśś\n");
}
