//! The registry of environment variables: everything that Gimlet reads, with the version
//! that added it.

/// A registered variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: &'static str,
    /// What it does, one or two sentences in Markdown.
    pub about: &'static str,
    /// The version that began to read it.
    pub since: &'static str,
    /// Which group it is listed in.
    pub group: EnvGroup,
    /// True when its value must never be shown.
    pub secret: bool,
}

/// Groups of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvGroup {
    /// Which model answers, where, and with which key.
    Models,
    /// Where files lie.
    Folders,
    /// How Gimlet behaves.
    Behaviour,
    /// What the terminal and the system say.
    System,
}

impl EnvGroup {
    /// Every group in the order of the reference.
    pub const ALL: [Self; 4] = [Self::Models, Self::Folders, Self::Behaviour, Self::System];

    /// The heading of the reference.
    pub fn title(self) -> &'static str {
        match self {
            Self::Models => "Models and keys",
            Self::Folders => "Folders",
            Self::Behaviour => "Behaviour",
            Self::System => "Terminal and system",
        }
    }
}

macro_rules! registry {
    ($($group:ident $secret:ident $name:ident $since:literal $about:literal;)+) => {
        $(
            #[doc = $about]
            pub const $name: EnvVar = EnvVar {
                name: stringify!($name),
                about: $about,
                since: $since,
                group: EnvGroup::$group,
                secret: registry!(@$secret),
            };
        )+

        /// Every registered variable.
        pub const ALL: &[EnvVar] = &[$($name),+];
    };
    (@secret) => { true };
    (@plain) => { false };
}

registry! {
    Models secret ANTHROPIC_API_KEY "0.1.0"
        "The key for Anthropic's Messages interface, sent as `x-api-key`.";
    Models secret ANTHROPIC_AUTH_TOKEN "0.1.0"
        "A bearer token for Anthropic's Messages interface or a gateway in front of it, sent as `Authorization`.";
    Models plain ANTHROPIC_BASE_URL "0.1.0"
        "The address that requests to Anthropic's interface go to, instead of its own. Sets `providers.anthropic.baseUrl`.";
    Models plain ANTHROPIC_MODEL "0.1.0"
        "The model, where `GIMLET_MODEL` is not set. Sets `model`.";
    Models plain ANTHROPIC_SMALL_FAST_MODEL "0.1.0"
        "The model for side questions. Sets `smallModel`.";
    Models plain ANTHROPIC_BETAS "0.1.0"
        "Names of beta features to ask Anthropic's interface for, with commas between. Adds to `betas`.";
    Models secret OPENAI_API_KEY "0.1.0"
        "The key for OpenAI's interface, sent as `Authorization`.";
    Models secret OPENROUTER_API_KEY "0.1.0"
        "The key for `openrouter.ai`, sent as `Authorization`.";
    Models secret GEMINI_API_KEY "0.1.0"
        "The key for Google's Gemini interface, sent as `x-goog-api-key`.";
    Models secret GOOGLE_API_KEY "0.1.0"
        "The key for Google's Gemini interface, where `GEMINI_API_KEY` is not set.";
    Models secret AZURE_OPENAI_API_KEY "0.1.0"
        "The key for Azure OpenAI, sent as `api-key`.";
    Models plain AZURE_OPENAI_ENDPOINT "0.1.0"
        "The address of an Azure OpenAI resource. Sets `providers.azure.baseUrl`.";
    Models secret AWS_BEARER_TOKEN_BEDROCK "0.1.0"
        "A key for Amazon Bedrock alone, sent as `Authorization` in place of a signature.";
    Models plain AWS_ACCESS_KEY_ID "0.1.0"
        "The access key that signs requests to Amazon Bedrock.";
    Models secret AWS_SECRET_ACCESS_KEY "0.1.0"
        "The secret of `AWS_ACCESS_KEY_ID`.";
    Models secret AWS_SESSION_TOKEN "0.1.0"
        "The session of lent AWS keys.";
    Models plain AWS_REGION "0.1.0"
        "The region of Amazon Bedrock, where `providers.bedrock.region` is not set.";
    Models plain AWS_DEFAULT_REGION "0.1.0"
        "The region of Amazon Bedrock, where `AWS_REGION` is not set.";
    Models plain AWS_PROFILE "0.1.0"
        "The profile in `~/.aws`, where `providers.bedrock.profile` is not set.";
    Models plain AWS_CONFIG_FILE "0.1.0"
        "The file of profiles in place of `~/.aws/config`.";
    Models plain AWS_SHARED_CREDENTIALS_FILE "0.1.0"
        "The file of keys in place of `~/.aws/credentials`.";
    Models plain AWS_WEB_IDENTITY_TOKEN_FILE "0.1.0"
        "A file with a token that is exchanged for the keys of `AWS_ROLE_ARN`.";
    Models plain AWS_ROLE_ARN "0.1.0"
        "The role whose keys the token of `AWS_WEB_IDENTITY_TOKEN_FILE` gives.";
    Models plain AWS_CONTAINER_CREDENTIALS_RELATIVE_URI "0.1.0"
        "The path of the container's credentials service.";
    Models plain AWS_CONTAINER_CREDENTIALS_FULL_URI "0.1.0"
        "The address of the container's credentials service.";
    Models secret AWS_CONTAINER_AUTHORIZATION_TOKEN "0.1.0"
        "What the container's credentials service wants to see.";
    Models plain AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE "0.1.0"
        "A file with what the container's credentials service wants to see.";
    Models plain AWS_EC2_METADATA_DISABLED "0.1.0"
        "Asks no service of the machine for AWS keys.";
    Models plain GOOGLE_APPLICATION_CREDENTIALS "0.1.0"
        "The file of Google credentials for Vertex AI.";
    Models plain GOOGLE_CLOUD_PROJECT "0.1.0"
        "The project for Vertex AI, where `providers.vertex.project` is not set.";
    Models plain GOOGLE_CLOUD_LOCATION "0.1.0"
        "The location for Vertex AI, where `providers.vertex.location` is not set.";
    Models secret DEEPSEEK_API_KEY "0.1.0"
        "The key for `DeepSeek`, sent as `Authorization`.";
    Models secret GROQ_API_KEY "0.1.0"
        "The key for Groq, sent as `Authorization`.";
    Models secret MISTRAL_API_KEY "0.1.0"
        "The key for Mistral, sent as `Authorization`.";
    Models secret XAI_API_KEY "0.1.0"
        "The key for xAI, sent as `Authorization`.";
    Models secret TOGETHER_API_KEY "0.1.0"
        "The key for Together, sent as `Authorization`.";
    Models secret FIREWORKS_API_KEY "0.1.0"
        "The key for Fireworks, sent as `Authorization`.";
    Models secret CEREBRAS_API_KEY "0.1.0"
        "The key for Cerebras, sent as `Authorization`.";
    Models secret MOONSHOT_API_KEY "0.1.0"
        "The key for Moonshot, sent as `Authorization`.";
    Models secret ZAI_API_KEY "0.1.0"
        "The key for Z.ai, sent as `Authorization`.";
    Models secret DASHSCOPE_API_KEY "0.1.0"
        "The key for Qwen at `DashScope`, sent as `Authorization`.";
    Models secret MINIMAX_API_KEY "0.1.0"
        "The key for `MiniMax`, sent as `Authorization`.";
    Models secret LITELLM_API_KEY "0.1.0"
        "The key for a `LiteLLM` gateway, sent as `Authorization`.";
    Models secret GITHUB_MODELS_TOKEN "0.1.0"
        "A token for GitHub Models, sent as `Authorization`.";
    Models secret BRAVE_API_KEY "0.1.0"
        "The key for Brave's search, where `webSearch.service` is `brave`.";
    Models secret TAVILY_API_KEY "0.1.0"
        "The key for Tavily's search, where `webSearch.service` is `tavily`.";
    Models secret EXA_API_KEY "0.1.0"
        "The key for Exa's search, where `webSearch.service` is `exa`.";
    Models plain OPENAI_BASE_URL "0.1.0"
        "The address that requests to OpenAI's interface go to, instead of its own. Sets `providers.openai.baseUrl`.";
    Models plain GIMLET_MODEL "0.1.0"
        "The model, as `[provider/]name`. Sets `model`.";
    Models plain GIMLET_SCRIPT "0.1.0"
        "The file that the scripted model plays.";
    Models plain MAX_THINKING_TOKENS "0.1.0"
        "Tokens that the model may reason with; `0` turns reasoning off. Sets `thinking`.";
    Models plain CLAUDE_CODE_MAX_OUTPUT_TOKENS "0.1.0"
        "Tokens that one reply may have. Sets `maxOutputTokens`.";
    Models plain HTTP_PROXY "0.1.0"
        "The proxy for `http` addresses. The lower-case name counts too.";
    Models plain HTTPS_PROXY "0.1.0"
        "The proxy for `https` addresses. The lower-case name counts too.";
    Models plain ALL_PROXY "0.1.0"
        "The proxy where neither of the above is set. The lower-case name counts too.";
    Models plain NO_PROXY "0.1.0"
        "Hosts that are reached without a proxy. The lower-case name counts too.";

    Folders plain GIMLET_HOME "0.1.0"
        "One folder for all of Gimlet's own files, in `config`, `data`, `cache` and `state`.";
    Folders plain GIMLET_CONFIG_DIR "0.1.0"
        "The folder of `settings.json`; `~/.config/gimlet` unless set.";
    Folders plain GIMLET_DATA_DIR "0.1.0"
        "The folder of sessions and snapshots; `~/.local/share/gimlet` unless set.";
    Folders plain GIMLET_CACHE_DIR "0.1.0"
        "The folder for what can be made again; `~/.cache/gimlet` unless set.";
    Folders plain GIMLET_STATE_DIR "0.1.0"
        "The folder of logs, locks and sockets; `~/.local/state/gimlet` unless set.";
    Folders plain CLAUDE_CONFIG_DIR "0.1.0"
        "The folder that is read in place of `~/.claude`.";
    Folders plain CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD "0.1.0"
        "When on, memory files of added folders count as the project's do.";
    Folders plain HOME "0.1.0"
        "The home folder.";
    Folders plain XDG_CONFIG_HOME "0.1.0"
        "The folder of settings of all programs.";
    Folders plain XDG_DATA_HOME "0.1.0"
        "The folder of data of all programs.";
    Folders plain XDG_CACHE_HOME "0.1.0"
        "The folder of caches of all programs.";
    Folders plain XDG_STATE_HOME "0.1.0"
        "The folder of state of all programs.";
    Folders plain TMPDIR "0.1.0"
        "The folder for temporary files.";

    Behaviour plain GIMLET_FEATURES "0.1.0"
        "Features to turn on, or off with a `-` in front, with commas between. Sets `features`.";
    Behaviour plain GIMLET_REDUCED_MOTION "0.1.0"
        "In the terminal nothing moves but what happens.";
    Behaviour plain GIMLET_SCREEN_READER "0.1.0"
        "The terminal shows plain text for a screen reader: no frames, nothing that turns.";
    Behaviour plain GIMLET_NO_NOTIFICATIONS "0.1.0"
        "The terminal tells nothing while its window is not in front.";
    Behaviour plain DISABLE_AUTO_COMPACT "0.1.0"
        "Turns automatic compaction off. Sets `autoCompactEnabled`.";

    System plain PATH "0.1.0"
        "Where programs such as `git` are found.";
    System plain GIT_CONFIG_COUNT "0.1.0"
        "How many keys of git's configuration the environment sets; those for the commands of a \
         session come after them.";
    System plain SHELL "0.1.0"
        "The shell that runs commands, where it is bash or zsh.";
    System plain TERM "0.1.0"
        "The kind of terminal; `dumb` turns colours off.";
    System plain TERM_PROGRAM "0.1.0"
        "The terminal's name, for what it can do.";
    System plain COLORTERM "0.1.0"
        "`truecolor` where the terminal shows every colour.";
    System plain VTE_VERSION "0.1.0"
        "Set by GNOME's and other terminals of its kind.";
    System plain KONSOLE_VERSION "0.1.0"
        "Set by Konsole.";
    System plain WT_SESSION "0.1.0"
        "Set by Windows Terminal.";
    System plain TMUX "0.1.0"
        "Set inside of tmux.";
    System plain STY "0.1.0"
        "Set inside of GNU screen.";
    System plain ZELLIJ "0.1.0"
        "Set inside of Zellij.";
    System plain VISUAL "0.1.0"
        "The editor that Ctrl-G opens.";
    System plain EDITOR "0.1.0"
        "The editor that Ctrl-G opens, where `VISUAL` is not set.";
    System plain PAGER "0.1.0"
        "The program that long texts are shown with.";
    System plain COLUMNS "0.1.0"
        "The width to print for, where the terminal does not tell.";
    System plain NO_COLOR "0.1.0"
        "Turns colours off.";
}

#[cfg(test)]
mod tests;
