//! Commands that may be granted with any arguments: those that build, test, check and look.
//!
//! What is not listed is only granted as it stands. A row is the words that the grant keeps;
//! `+` stands for one more plain word, such as the name of a script.

/// The words of each, the program first.
const ROWS: &[&str] = &[
    "cargo build",
    "cargo check",
    "cargo test",
    "cargo nextest run",
    "cargo clippy",
    "cargo fmt",
    "cargo doc",
    "cargo bench",
    "cargo tree",
    "cargo metadata",
    "cargo xtask",
    "npm test",
    "npm run +",
    "npm run-script +",
    "npm ls",
    "npm outdated",
    "pnpm test",
    "pnpm run +",
    "yarn test",
    "yarn run +",
    "bun test",
    "bun run +",
    "npx tsc",
    "npx eslint",
    "npx prettier",
    "npx jest",
    "npx vitest",
    "npx mocha",
    "tsc",
    "eslint",
    "prettier",
    "jest",
    "vitest",
    "mocha",
    "pytest",
    "python -m pytest",
    "python3 -m pytest",
    "python -m unittest",
    "python3 -m unittest",
    "python -m mypy",
    "python3 -m mypy",
    "uv run pytest",
    "uv run ruff",
    "uv run mypy",
    "poetry run pytest",
    "ruff",
    "mypy",
    "pyright",
    "black",
    "isort",
    "flake8",
    "pylint",
    "tox",
    "go build",
    "go test",
    "go vet",
    "go fmt",
    "go list",
    "gofmt",
    "golangci-lint run",
    "mvn test",
    "mvn compile",
    "mvn verify",
    "./mvnw test",
    "gradle test",
    "gradle build",
    "./gradlew test",
    "./gradlew build",
    "dotnet build",
    "dotnet test",
    "swift build",
    "swift test",
    "mix test",
    "mix compile",
    "bundle exec rspec",
    "rspec",
    "rubocop",
    "ctest",
    "ninja",
    "cmake --build",
    "shellcheck",
    "git add",
    "git commit",
    "gh pr view",
    "gh pr list",
    "gh pr diff",
    "gh pr checks",
    "gh issue view",
    "gh issue list",
    "gh run view",
    "gh run list",
    "docker ps",
    "docker images",
    "docker logs",
    "docker compose ps",
    "docker compose logs",
    "kubectl get",
    "kubectl describe",
    "kubectl logs",
];

/// The words that a grant with any arguments would keep.
pub(super) fn prefix(words: &[String]) -> Option<String> {
    let is_plain = |word: &String| {
        !word.starts_with('-')
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
    };
    ROWS.iter().find_map(|row| {
        let wanted: Vec<&str> = row.split(' ').collect();
        let given = words.get(..wanted.len())?;
        let fits = wanted.iter().zip(given).all(|(wanted, given)| {
            if *wanted == "+" {
                is_plain(given)
            } else {
                wanted == given
            }
        });
        fits.then(|| given.join(" "))
    })
}
