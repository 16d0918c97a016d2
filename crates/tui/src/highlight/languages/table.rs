//! The table of languages. To add one, add a row; a test holds every row to its rules.

use super::{Kind, Language, Quote, Trait};

const DOUBLE: Quote = Quote {
    open: "\"",
    close: "\"",
    has_escapes: true,
    has_lines: false,
};
const DOUBLE_LINES: Quote = Quote {
    open: "\"",
    close: "\"",
    has_escapes: true,
    has_lines: true,
};
const DOUBLE_RAW: Quote = Quote {
    open: "\"",
    close: "\"",
    has_escapes: false,
    has_lines: false,
};
const SINGLE: Quote = Quote {
    open: "'",
    close: "'",
    has_escapes: true,
    has_lines: false,
};
const SINGLE_RAW: Quote = Quote {
    open: "'",
    close: "'",
    has_escapes: false,
    has_lines: false,
};
const SINGLE_RAW_LINES: Quote = Quote {
    open: "'",
    close: "'",
    has_escapes: false,
    has_lines: true,
};
const BACKTICK: Quote = Quote {
    open: "`",
    close: "`",
    has_escapes: true,
    has_lines: true,
};
const BACKTICK_RAW: Quote = Quote {
    open: "`",
    close: "`",
    has_escapes: false,
    has_lines: true,
};
const TRIPLE_DOUBLE: Quote = Quote {
    open: "\"\"\"",
    close: "\"\"\"",
    has_escapes: true,
    has_lines: true,
};
const TRIPLE_SINGLE: Quote = Quote {
    open: "'''",
    close: "'''",
    has_escapes: true,
    has_lines: true,
};
const LONG_BRACKET: Quote = Quote {
    open: "[[",
    close: "]]",
    has_escapes: false,
    has_lines: true,
};
const NIX_LINES: Quote = Quote {
    open: "''",
    close: "''",
    has_escapes: false,
    has_lines: true,
};

/// The comments of C.
const C_COMMENTS: &[(&str, &str)] = &[("/*", "*/")];

/// A language of which nothing is known yet.
const NONE: Language = Language {
    names: "",
    kind: Kind::Code,
    line_comments: &[],
    block_comments: &[],
    strings: &[],
    keywords: "",
    types: "",
    constants: "",
    sigils: &[],
    traits: &[],
};

pub(super) const ALL: &[Language] = &[
    Language {
        names: "rust rs",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE_LINES],
        keywords: "as async await break const continue crate dyn else enum extern fn for if impl \
            in let loop match mod move mut pub ref return self static struct super trait \
            type union unsafe use where while yield",
        types: "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Self",
        constants: "true false",
        traits: &[
            Trait::CapitalTypes,
            Trait::Macros,
            Trait::RustQuotes,
            Trait::NestedComments,
        ],
        ..NONE
    },
    Language {
        names: "python py pyi python3 py3 pyw starlark bzl",
        line_comments: &["#"],
        strings: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        keywords: "and as assert async await break case class continue def del elif else except \
            finally for from global if import in is lambda match nonlocal not or pass \
            raise return try while with yield self cls",
        types: "int float str bytes bool list dict set tuple object type complex frozenset",
        constants: "True False None",
        traits: &[Trait::CapitalTypes, Trait::Decorators],
        ..NONE
    },
    Language {
        names: "javascript js jsx mjs cjs typescript ts tsx mts cts node",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE, BACKTICK],
        keywords: "abstract as async await break case catch class const continue debugger declare \
            default delete do else enum export extends finally for from function get if \
            implements import in instanceof interface keyof let namespace new of override \
            package private protected public readonly return satisfies set static super \
            switch this throw try type typeof var void while with yield",
        types: "any bigint boolean never number object string symbol unknown",
        constants: "true false null undefined NaN Infinity",
        traits: &[Trait::CapitalTypes, Trait::Decorators, Trait::DollarWords],
        ..NONE
    },
    Language {
        names: "go golang",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE, BACKTICK_RAW],
        keywords: "break case chan const continue default defer else fallthrough for func go goto \
            if import interface map package range return select struct switch type var",
        types: "any bool byte comparable complex64 complex128 error float32 float64 int int8 \
            int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr",
        constants: "true false nil iota",
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "c h cpp c++ cc cxx hpp hh hxx cuda cu objc objective-c m mm arduino ino",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        keywords: "alignas alignof asm auto break case catch class co_await co_return co_yield \
            concept const consteval constexpr constinit const_cast continue decltype \
            default delete do dynamic_cast else enum explicit export extern final for \
            friend goto if inline mutable namespace new noexcept operator override private \
            protected public register reinterpret_cast requires restrict return sizeof \
            static static_assert static_cast struct switch template this throw try typedef \
            typeid typename union using virtual volatile while",
        types: "bool char char8_t char16_t char32_t double float int int8_t int16_t int32_t \
            int64_t long short signed size_t ssize_t uint8_t uint16_t uint32_t uint64_t \
            uintptr_t unsigned void wchar_t",
        constants: "true false NULL nullptr",
        traits: &[Trait::CapitalTypes, Trait::Directives],
        ..NONE
    },
    Language {
        names: "java",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "abstract assert break case catch class continue default do else enum exports \
            extends final finally for if implements import instanceof interface module \
            native new non-sealed package permits private protected public record requires \
            return sealed static strictfp super switch synchronized this throw throws \
            transient try var volatile while yield",
        types: "boolean byte char double float int long short void String",
        constants: "true false null",
        traits: &[Trait::CapitalTypes, Trait::Decorators],
        ..NONE
    },
    Language {
        names: "kotlin kt kts",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "abstract actual annotation as break by catch class companion const constructor \
            continue crossinline data do else enum expect external final finally for fun \
            get if import in infix init inline inner interface internal is lateinit \
            noinline object open operator out override package private protected public \
            reified return sealed set super suspend tailrec this throw try typealias val \
            var vararg when where while",
        types: "Any Boolean Byte Char Double Float Int Long Nothing Short String Unit",
        constants: "true false null",
        traits: &[
            Trait::CapitalTypes,
            Trait::Decorators,
            Trait::NestedComments,
        ],
        ..NONE
    },
    Language {
        names: "csharp cs c# csx",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "abstract as async await base break case catch checked class const continue \
            default delegate do else enum event explicit extern finally fixed for foreach \
            get goto if implicit in init interface internal is lock namespace new operator \
            out override params partial private protected public readonly record ref \
            required return sealed set sizeof stackalloc static struct switch this throw \
            try typeof unchecked unsafe using var virtual volatile when where while with \
            yield",
        types: "bool byte char decimal double dynamic float int long nint object sbyte short \
            string uint ulong ushort void",
        constants: "true false null",
        traits: &[Trait::CapitalTypes, Trait::Directives],
        ..NONE
    },
    Language {
        names: "swift",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, DOUBLE],
        keywords: "actor as associatedtype async await break case catch class continue \
            convenience default defer deinit didSet do else enum extension fallthrough \
            fileprivate final for func get guard if import in indirect init inout internal \
            is isolated lazy let mutating nonisolated nonmutating open operator optional \
            override precedencegroup private protocol public repeat required rethrows \
            return self set some static struct subscript super switch throw throws try \
            typealias unowned var weak where while willSet",
        types: "Any Bool Character Double Float Int Int8 Int16 Int32 Int64 Self String UInt \
            Void",
        constants: "true false nil",
        traits: &[
            Trait::CapitalTypes,
            Trait::Decorators,
            Trait::NestedComments,
            Trait::Directives,
        ],
        ..NONE
    },
    Language {
        names: "scala sc sbt",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "abstract case catch class def derives do else end enum export extends \
            extension final finally for forSome given if implicit import inline lazy match \
            new object opaque open override package private protected return sealed super \
            then this throw trait transparent try type using val var while with yield",
        types: "Any AnyRef Boolean Byte Char Double Float Int Long Nothing Short String Unit",
        constants: "true false null",
        traits: &[
            Trait::CapitalTypes,
            Trait::Decorators,
            Trait::NestedComments,
        ],
        ..NONE
    },
    Language {
        names: "ruby rb gemfile rakefile gemspec",
        line_comments: &["#"],
        block_comments: &[("=begin", "=end")],
        strings: &[DOUBLE, SINGLE, BACKTICK],
        keywords: "alias and begin break case class def defined do else elsif end ensure extend \
            for if in include module next not or private protected public raise redo \
            require require_relative rescue retry return self super then undef unless \
            until when while yield attr_accessor attr_reader attr_writer",
        constants: "true false nil",
        sigils: &['@', '$', ':'],
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "php php5 phtml",
        line_comments: &["//", "#"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        keywords: "abstract and array as break callable case catch class clone const continue \
            declare default do echo else elseif enum extends final finally fn for foreach \
            function global goto if implements include include_once instanceof insteadof \
            interface isset list match namespace new or print private protected public \
            readonly require require_once return static switch throw trait try unset use \
            var while xor yield",
        types: "bool float int iterable mixed never object string void",
        constants: "true false null",
        sigils: &['$'],
        traits: &[Trait::CapitalTypes, Trait::AnyCase],
        ..NONE
    },
    Language {
        names: "sh bash zsh shell shellscript console ksh dash fish shell-session bashrc \
            zshrc profile",
        line_comments: &["#"],
        strings: &[DOUBLE_LINES, SINGLE_RAW_LINES],
        keywords: "case do done elif else esac end fi for function if in select then time until \
            while begin switch and or not export local readonly declare typeset unset \
            alias source return exit set shift trap eval exec",
        constants: "true false",
        sigils: &['$'],
        traits: &[Trait::CommentAfterBlank, Trait::Commands, Trait::DashWords],
        ..NONE
    },
    Language {
        names: "powershell ps1 pwsh psm1",
        line_comments: &["#"],
        block_comments: &[("<#", "#>")],
        strings: &[DOUBLE_LINES, SINGLE_RAW_LINES],
        keywords: "begin break catch class continue data do dynamicparam else elseif end enum \
            exit filter finally for foreach from function if in param process return \
            switch throw trap try until using while",
        sigils: &['$'],
        traits: &[Trait::AnyCase, Trait::DashWords, Trait::Commands],
        ..NONE
    },
    Language {
        names: "batch bat cmd dosbatch",
        line_comments: &["REM", "rem", "::"],
        strings: &[DOUBLE_RAW],
        keywords: "call cd copy del dir echo else endlocal errorlevel exist exit for goto if in \
            md mkdir move not pause popd pushd rd ren rmdir set setlocal shift start",
        traits: &[Trait::AnyCase],
        ..NONE
    },
    Language {
        names: "sql mysql postgres postgresql pgsql sqlite plsql tsql ddl",
        line_comments: &["--", "#"],
        block_comments: C_COMMENTS,
        strings: &[SINGLE_RAW_LINES, DOUBLE_RAW],
        keywords: "add all alter analyze and any as asc begin between by cascade case cast check \
            collate column commit conflict constraint create cross current database \
            default delete desc distinct do drop else end escape except exists explain \
            fetch first for foreign from full function grant group having if ilike in \
            index inner insert intersect into is join key language last lateral left like \
            limit natural not nulls of offset on only or order outer over partition \
            primary procedure recursive references replace returning returns revoke right \
            rollback row rows schema select sequence set table temporary then to \
            transaction trigger union unique update using values view when where window \
            with",
        types: "array bigint bigserial blob boolean bytea char character date datetime decimal \
            double float int integer interval json jsonb numeric real serial smallint text \
            time timestamp timestamptz tinyint uuid varchar varying",
        constants: "true false null",
        sigils: &['@', ':', '$'],
        traits: &[Trait::AnyCase],
        ..NONE
    },
    Language {
        names: "lua luau",
        line_comments: &["--"],
        block_comments: &[("--[[", "]]")],
        strings: &[DOUBLE, SINGLE, LONG_BRACKET],
        keywords: "and break do else elseif end for function goto if in local not or repeat \
            return then until while",
        constants: "true false nil self",
        ..NONE
    },
    Language {
        names: "perl pl pm",
        line_comments: &["#"],
        block_comments: &[("=pod", "=cut")],
        strings: &[DOUBLE_LINES, SINGLE_RAW_LINES, BACKTICK],
        keywords: "and cmp continue do each else elsif eq eval for foreach ge given gt if keys \
            last le local lt my ne next no not or our package print redo require return \
            say shift sub undef unless until use values when while xor",
        sigils: &['$', '@', '%'],
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "r rscript rmd",
        line_comments: &["#"],
        strings: &[DOUBLE, SINGLE],
        keywords: "break else for function if in library next repeat require return source while",
        constants: "TRUE FALSE NULL NA NaN Inf",
        ..NONE
    },
    Language {
        names: "julia jl",
        line_comments: &["#"],
        block_comments: &[("#=", "=#")],
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "abstract baremodule begin break catch const continue do else elseif end export \
            finally for function global if import in isa let local macro module mutable \
            primitive quote return struct try type using where while",
        constants: "true false nothing missing Inf NaN",
        traits: &[
            Trait::CapitalTypes,
            Trait::Decorators,
            Trait::NestedComments,
        ],
        ..NONE
    },
    Language {
        names: "haskell hs lhs purescript purs elm",
        line_comments: &["--"],
        block_comments: &[("{-", "-}")],
        strings: &[DOUBLE],
        keywords: "case class data default deriving do else exposing family forall foreign hiding \
            if import in infix infixl infixr instance let module newtype of port qualified \
            then type where",
        constants: "True False",
        traits: &[Trait::CapitalTypes, Trait::NestedComments],
        ..NONE
    },
    Language {
        names: "ocaml ml mli reason re",
        block_comments: &[("(*", "*)")],
        strings: &[DOUBLE_LINES],
        keywords: "and as assert begin class constraint do done downto else end exception \
            external for fun function functor if in include inherit initializer lazy let \
            match method module mutable new nonrec object of open or private rec sig \
            struct then to try type val virtual when while with",
        types: "bool char float int list option string unit",
        constants: "true false",
        traits: &[Trait::CapitalTypes, Trait::NestedComments],
        ..NONE
    },
    Language {
        names: "fsharp fs f# fsx fsi",
        line_comments: &["//"],
        block_comments: &[("(*", "*)")],
        strings: &[TRIPLE_DOUBLE, DOUBLE],
        keywords: "abstract and as assert base begin class default delegate do done downcast \
            downto elif else end exception extern finally fixed for fun function global if \
            in inherit inline interface internal lazy let match member module mutable \
            namespace new not null of open or override private public rec return select \
            static struct then to try type upcast use val void when while with yield",
        types: "bool byte char decimal double float int int64 obj string unit",
        constants: "true false",
        traits: &[Trait::CapitalTypes, Trait::NestedComments],
        ..NONE
    },
    Language {
        names: "elixir ex exs heex",
        line_comments: &["#"],
        strings: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
        keywords: "after alias and case catch cond def defdelegate defexception defguard defimpl \
            defmacro defmodule defp defprotocol defstruct do else end fn for if import in \
            not or quote raise receive require rescue super throw try unless unquote use \
            when with",
        constants: "true false nil",
        sigils: &['@', ':'],
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "erlang erl hrl",
        line_comments: &["%"],
        strings: &[DOUBLE, SINGLE],
        keywords: "after and andalso band begin bnot bor bsl bsr bxor case catch cond div end fun \
            if let maybe not of or orelse receive rem try when xor",
        constants: "true false undefined ok error",
        ..NONE
    },
    Language {
        names: "clojure clj cljs cljc edn lisp el elisp emacs-lisp scheme scm racket rkt \
            common-lisp",
        line_comments: &[";"],
        block_comments: &[("#|", "|#")],
        strings: &[DOUBLE_LINES],
        keywords: "and case cond cond-> def define defmacro defmethod defmulti defn defn- \
            defprotocol defrecord defun defvar do doseq dotimes fn for if if-let if-not \
            in-ns lambda let letfn loop ns or progn quote recur require require set setq \
            throw try unless use when when-let when-not while",
        constants: "true false nil t",
        sigils: &[':'],
        traits: &[Trait::DashWords],
        ..NONE
    },
    Language {
        names: "zig zon",
        line_comments: &["//"],
        strings: &[DOUBLE, SINGLE],
        keywords: "addrspace align allowzero and anyframe anytype asm async await break callconv \
            catch comptime const continue defer else enum errdefer error export extern fn \
            for if inline linksection noalias noinline nosuspend opaque or orelse packed \
            pub resume return struct suspend switch test threadlocal try union unreachable \
            usingnamespace var volatile while",
        types: "bool comptime_int comptime_float f16 f32 f64 i8 i16 i32 i64 i128 isize \
            noreturn type u8 u16 u32 u64 u128 usize void anyerror anyopaque",
        constants: "true false null undefined",
        traits: &[Trait::CapitalTypes, Trait::Decorators],
        ..NONE
    },
    Language {
        names: "nim nims",
        line_comments: &["#"],
        block_comments: &[("#[", "]#")],
        strings: &[TRIPLE_DOUBLE, DOUBLE],
        keywords: "addr and as asm bind block break case cast concept const continue converter \
            defer discard distinct div do elif else end enum except export finally for \
            from func if import in include interface is isnot iterator let macro method \
            mixin mod nil not notin object of or out proc ptr raise ref return shl shr \
            static template try tuple type using var when while xor yield",
        types: "bool char float int int8 int16 int32 int64 seq string uint",
        constants: "true false nil",
        traits: &[Trait::CapitalTypes, Trait::NestedComments],
        ..NONE
    },
    Language {
        names: "dart",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        keywords: "abstract as assert async await base break case catch class const continue \
            covariant default deferred do else enum export extends extension external \
            factory final finally for get if implements import in interface is late \
            library mixin new on operator part required rethrow return sealed set show \
            static super switch sync this throw try typedef var when while with yield",
        types: "bool double dynamic int num void String",
        constants: "true false null",
        traits: &[Trait::CapitalTypes, Trait::Decorators],
        ..NONE
    },
    Language {
        names: "d solidity sol vala groovy gradle jenkinsfile haxe hx processing",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        keywords: "abstract as assert break case catch class constant continue contract def \
            default delete do else emit enum event extends external final finally for \
            function if implements import in indexed inherit interface internal is let \
            library mapping memory modifier module new override package payable pragma \
            private protected public pure require return returns static storage struct \
            super switch this throw throws try using var view virtual void while",
        types: "address bool bytes bytes32 double float int int256 long string uint uint256",
        constants: "true false null",
        traits: &[Trait::CapitalTypes, Trait::Decorators],
        ..NONE
    },
    Language {
        names: "vim viml vimscript vimrc",
        line_comments: &["\""],
        strings: &[SINGLE_RAW],
        keywords: "autocmd augroup call catch command else elseif endif endfor endfunction endtry \
            endwhile execute finally for function highlight if inoremap let map nmap \
            nnoremap noremap return set setlocal syntax throw try unlet vmap vnoremap \
            while",
        ..NONE
    },
    Language {
        names: "nix",
        line_comments: &["#"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE_LINES, NIX_LINES],
        keywords: "assert else if import in inherit let or rec then with",
        constants: "true false null",
        traits: &[Trait::DashWords],
        ..NONE
    },
    Language {
        names: "terraform tf hcl tfvars",
        kind: Kind::Data,
        line_comments: &["#", "//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE],
        keywords: "data for if in locals module output provider resource terraform variable \
            dynamic content",
        constants: "true false null",
        traits: &[Trait::DashWords],
        ..NONE
    },
    Language {
        names: "protobuf proto",
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        keywords: "enum extend extensions import map message oneof option optional package public \
            repeated required reserved returns rpc service stream syntax to",
        types: "bool bytes double fixed32 fixed64 float int32 int64 sint32 sint64 string \
            uint32 uint64",
        constants: "true false",
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "graphql gql",
        line_comments: &["#"],
        strings: &[TRIPLE_DOUBLE, DOUBLE],
        keywords: "directive enum extend fragment implements input interface mutation on query \
            scalar schema subscription type union",
        types: "Boolean Float ID Int String",
        constants: "true false null",
        sigils: &['$', '@'],
        traits: &[Trait::CapitalTypes],
        ..NONE
    },
    Language {
        names: "css scss sass less postcss",
        kind: Kind::Data,
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        keywords: "important media import include mixin extend keyframes supports charset use \
            forward function return if else each for while root hover focus active before \
            after not",
        constants: "auto inherit initial none unset",
        sigils: &['$', '@'],
        traits: &[Trait::DashWords],
        ..NONE
    },
    Language {
        names: "html htm xhtml xml svg vue svelte astro plist xsl xsd rss jsp erb handlebars \
            hbs jinja",
        kind: Kind::Markup,
        ..NONE
    },
    Language {
        names: "json json5 jsonc jsonl ndjson geojson webmanifest ipynb",
        kind: Kind::Data,
        line_comments: &["//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        constants: "true false null",
        ..NONE
    },
    Language {
        names: "yaml yml",
        kind: Kind::Data,
        line_comments: &["#"],
        strings: &[DOUBLE, SINGLE_RAW],
        constants: "true false null yes no on off",
        sigils: &['&', '*'],
        traits: &[Trait::CommentAfterBlank, Trait::DashWords],
        ..NONE
    },
    Language {
        names: "toml cargo.lock pipfile poetry.lock",
        kind: Kind::Data,
        line_comments: &["#"],
        strings: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE_RAW],
        constants: "true false inf nan",
        traits: &[Trait::Sections, Trait::DashWords],
        ..NONE
    },
    Language {
        names: "ini cfg conf config properties env dotenv editorconfig gitconfig desktop \
            service unit systemd",
        kind: Kind::Data,
        line_comments: &["#", ";"],
        strings: &[DOUBLE, SINGLE],
        constants: "true false yes no on off",
        sigils: &['$'],
        traits: &[Trait::Sections, Trait::DashWords, Trait::CommentAfterBlank],
        ..NONE
    },
    Language {
        names: "dockerfile docker containerfile",
        line_comments: &["#"],
        strings: &[DOUBLE, SINGLE_RAW],
        keywords: "ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER \
            ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR",
        sigils: &['$'],
        traits: &[Trait::CommentAfterBlank, Trait::DashWords],
        ..NONE
    },
    Language {
        names: "makefile make mk gnumakefile just justfile",
        line_comments: &["#"],
        strings: &[DOUBLE, SINGLE_RAW],
        keywords: "define else endef endif export ifdef ifeq ifndef ifneq include override \
            private unexport vpath set alias mod import",
        sigils: &['$', '@'],
        traits: &[Trait::CommentAfterBlank, Trait::DashWords],
        ..NONE
    },
    Language {
        names: "cmake cmakelists.txt",
        line_comments: &["#"],
        strings: &[DOUBLE_LINES],
        keywords: "add_executable add_library add_subdirectory add_test cmake_minimum_required \
            else elseif endforeach endfunction endif endmacro endwhile enable_testing \
            execute_process file find_package foreach function if include install macro \
            message option project set string target_compile_definitions \
            target_compile_options target_include_directories target_link_libraries unset \
            while",
        constants: "ON OFF TRUE FALSE",
        sigils: &['$'],
        traits: &[Trait::AnyCase],
        ..NONE
    },
    Language {
        names: "tex latex bib sty",
        line_comments: &["%"],
        keywords: "begin end documentclass usepackage section subsection item label ref cite \
            newcommand",
        sigils: &['\\'],
        ..NONE
    },
    Language {
        names: "asm assembly s nasm x86asm armasm wasm wat llvm ll",
        line_comments: &[";", "#", "//"],
        block_comments: C_COMMENTS,
        strings: &[DOUBLE, SINGLE],
        keywords: "add and bl call cmp define dec div idiv imul inc int ja jae jb jbe je jg jge \
            jl jle jmp jne jnz jz ldr lea load local mov movzx mul neg nop not or pop push \
            ret section sar shl shr store str sub syscall test xor global extern db dd dq \
            dw func module param result type",
        sigils: &['%', '$', '@'],
        traits: &[Trait::AnyCase],
        ..NONE
    },
    Language {
        names: "nginx nginxconf apache apacheconf caddyfile",
        line_comments: &["#"],
        strings: &[DOUBLE, SINGLE],
        keywords: "events http if include listen location proxy_pass return rewrite root server \
            server_name set upstream",
        sigils: &['$'],
        ..NONE
    },
    Language {
        names: "markdown md mdx mdown rst",
        kind: Kind::Markdown,
        ..NONE
    },
    Language {
        names: "diff patch udiff",
        kind: Kind::Diff,
        ..NONE
    },
];
