package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
)

// prefetch is how many pages are fetched ahead while tokens are printed. With two, a server that takes 0.3 s for a page is
// asked as often as the API allows, ten times a second; more would only hold more memory.
const prefetch = 2

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "List, show and revoke OAuth tokens", p.tokenList(), p.tokenShow(), p.tokenRevoke(), p.tokenInfo())
}

func (p *program) tokenList() *cobra.Command {
	l := &tokenList{program: p, sort: newChoice("none", "name", "actor", "created", "expires", "last-used")}
	cmd := &cobra.Command{
		Use:   "list [APP_ID]",
		Short: "List the tokens an application has issued",
		Long: `List the tokens an application has issued, in the server's order. A service token needs read_oauth_tokens.

If the list fails midway, everything before the page in the error message has been printed: continue with --page and the same --per-page. An incomplete JSON array has no closing bracket, so that no program takes it for complete.`,
		Example: `  psoauth token list --sandbox
  psoauth token list 5kq1x0v2m8yd --output tokens.csv
  psoauth token list 5kq1x0v2m8yd --scope 'write_*' --scope 'delete_*'
  psoauth token list 5kq1x0v2m8yd --expires-within 30d --sort expires
  psoauth token list 5kq1x0v2m8yd --unused-for 90d --actor ada`,
		Args: p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, _ []string) error { return l.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.Func("page", "start with the page of this `number` (default 1)", whole(&l.page, 1, 0))
	flags.Func("per-page", "read this `number` of tokens per page (default 100, the API's maximum)", whole(&l.perPage, 1, 100))
	flags.Func("limit", "stop after this `number` of tokens (default all)", whole(&l.limit, 1, 0))
	flags.StringVar(&l.actor, "actor", "", "only tokens of actors whose name contains this `text`, or whose id it is")
	flags.StringArrayVar(&l.scopes, "scope", nil, "only tokens with this `scope`, with or without its resource prefix; * matches any text (repeatable: any of them)")
	flags.Func("expires-within", "only tokens that expire in this `period` from now, such as 30d", period(&l.expiresWithin))
	flags.Func("unused-for", "only tokens that have not been used or created in this last `period`", period(&l.unusedFor))
	p.canWriteTo(cmd, "write to this `file`, completely or not at all; its extension sets the format")
	l.sort.register(cmd, cmd.Flags(), "sort", "sort in ascending `order` of:")
	return cmd
}

// A tokenList is one run of the command.
type tokenList struct {
	*program
	page, perPage, limit     int
	actor                    string
	scopes                   []string
	expiresWithin, unusedFor time.Duration
	sort                     *choice

	read, listed int // tokens
}

func (l *tokenList) run(ctx context.Context) error {
	for _, scope := range l.scopes {
		if _, err := path.Match(scope, ""); err != nil {
			return fmt.Errorf("--scope %q: want a scope; * matches any text", scope)
		}
	}
	if err := l.connectTo(ctx); err != nil {
		return err
	}
	l.partly = true
	return l.writeTo(func(w io.Writer) error { return writeList(l.program, &tokenView, w, l.selected(ctx), l.remark) })
}

// selected returns the tokens that the flags let through, in the server's order while they are read, or sorted.
func (l *tokenList) selected(ctx context.Context) iter.Seq2[*api.Token, error] {
	options := api.ListOptions{Page: l.page, PerPage: l.perPage, Prefetch: prefetch}
	if l.limit > 0 {
		options.Prefetch = 0 // what is ahead may be beyond the limit
	}
	key := sortKeys[l.sort.value] // nil for the server's order
	return func(yield func(*api.Token, error) bool) {
		list := func(token *api.Token) bool {
			l.listed++
			return yield(token, nil) && l.listed != l.limit
		}
		var held []*api.Token
		for token, err := range l.tokens(ctx, l.application, options, l.output == "") {
			if err != nil {
				yield(nil, l.withApplications(ctx, err))
				return
			}
			l.read++
			switch {
			case !l.wants(token):
			case key != nil:
				held = append(held, token)
			case !list(token):
				return
			}
		}
		const last = "\U0010ffff" // for what has no key
		slices.SortStableFunc(held, func(a, b *api.Token) int { return cmp.Compare(cmp.Or(key(a), last), cmp.Or(key(b), last)) })
		for _, token := range held {
			if !list(token) {
				return
			}
		}
	}
}

func (l *tokenList) remark() string {
	switch {
	case l.read == 0 && int64(l.page) > l.pages && l.pages > 0:
		return fmt.Sprintf("the list ends at page %d", l.pages)
	case l.listed < l.read && (l.limit == 0 || l.listed < l.limit):
		return "of " + report.Number(l.read)
	}
	return ""
}

// allTokens are the options to list all tokens of an application.
var allTokens = api.ListOptions{Prefetch: prefetch}

// tokens returns tokens of an application, and says on standard error how many pages are read: if that is a terminal and the
// server says how many there are, unless the tokens are being printed to a terminal at the same time.
func (p *program) tokens(ctx context.Context, application string, options api.ListOptions, printing bool) iter.Seq2[*api.Token, error] {
	watched := isTerminal(p.Stderr) && !(printing && isTerminal(p.Stdout)) && !p.settings.debug
	return func(yield func(*api.Token, error) bool) {
		const start = "\r\x1b[K" // of the line, which is empty then
		said := ""
		defer func() { fmt.Fprint(p.Stderr, said) }()
		for page, err := range p.client.TokenPages(ctx, p.settings.org, application, options) {
			if err != nil {
				yield(nil, err)
				return
			}
			if page.TotalPages != nil && *page.TotalPages > 0 {
				if p.pages = *page.TotalPages; watched {
					said = start
					fmt.Fprintf(p.Stderr, "%spage %s of %s", start, report.Number(page.CurrentPage), report.Number(p.pages))
				}
			}
			for i := range page.Data {
				if !yield(&page.Data[i], nil) {
					return
				}
			}
		}
	}
}

// wants reports whether the flags let a token through.
func (l *tokenList) wants(token *api.Token) bool {
	now, name := l.Now(), strings.ToLower(orEmpty(token.ActorDisplayName))
	switch {
	case l.expiresWithin > 0 && !token.ExpiresWithin(now, l.expiresWithin),
		l.unusedFor > 0 && cmp.Or(token.LastUsedAt, &token.CreatedAt).After(now.Add(-l.unusedFor)),
		l.actor != "" && l.actor != orEmpty(token.ActorID) && !strings.Contains(name, strings.ToLower(l.actor)):
		return false
	}
	return len(l.scopes) == 0 || slices.ContainsFunc(token.Scopes(), func(name string) bool {
		bare := name[strings.LastIndexByte(name, ':')+1:]
		return slices.ContainsFunc(l.scopes, func(scope string) bool {
			whole, _ := path.Match(scope, name)
			short, _ := path.Match(scope, bare)
			return whole || short
		})
	})
}

// sortKeys are what --sort compares; without one a token comes last.
var sortKeys = map[string]func(*api.Token) string{
	"name":      func(t *api.Token) string { return strings.ToLower(t.DisplayName) },
	"actor":     func(t *api.Token) string { return strings.ToLower(orEmpty(t.ActorDisplayName)) },
	"created":   func(t *api.Token) string { return sortableTime(&t.CreatedAt) },
	"expires":   func(t *api.Token) string { return sortableTime(t.ExpiresAt) },
	"last-used": func(t *api.Token) string { return sortableTime(t.LastUsedAt) },
}

func sortableTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000")
}

func (p *program) tokenShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [APP_ID] TOKEN_ID",
		Short:   "Show a token an application has issued",
		Long:    `Show a token an application has issued: who authorized it, when it expires and what it can reach. A service token needs read_oauth_tokens.`,
		Example: "  psoauth token show --sandbox\n  psoauth token show 5kq1x0v2m8yd w3z8r1c5n7pd",
		Args:    p.ids("APP_ID", "TOKEN_ID"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.connectTo(cmd.Context()); err != nil {
				return err
			}
			err := show(p, &tokenView)(p.client.GetToken(cmd.Context(), p.settings.org, p.application, p.token))
			return p.withApplications(cmd.Context(), err)
		},
	}
}

func (p *program) tokenInfo() *cobra.Command {
	var requireActive bool
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Show whether your access token is active, and its scopes",
		Long: `Ask the authorization host about the access token in PLANETSCALE_ACCESS_TOKEN: whether it is active, its scopes, and when it expires. An older form of the response does not say whether the token is active; its state is then unknown. An active token may still be refused by the API.

Exit status: 0 whatever the state is; with --require-active 1 unless the token is active.`,
		Example: "  psoauth token info --sandbox\n  psoauth token info --require-active && echo still active",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.connect(true); err != nil {
				return err
			}
			info, err := p.client.TokenInfo(cmd.Context())
			if err := show(p, &tokenInfoView)(info, err); err != nil {
				return err
			}
			if requireActive && info.State != openapi.StateActive {
				return finding{fmt.Sprintf("the token is %v, and --require-active was given", info.State)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&requireActive, "require-active", false, "exit with status 1 unless the token is active")
	return cmd
}
