package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A choice is a flag with few values, of which the first is the default.
type choice struct {
	value string
	of    []string
}

func newChoice(of ...string) *choice { return &choice{of[0], of} }

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "choice" }
func (c *choice) Set(value string) error {
	if !slices.Contains(c.of, value) {
		last := len(c.of) - 1
		return fmt.Errorf("want %s or %s", strings.Join(c.of[:last], ", "), c.of[last])
	}
	c.value = value
	return nil
}

// register adds the flag to those of a command: its own, or those that it shares with the commands below it.
func (c *choice) register(cmd *cobra.Command, flags *pflag.FlagSet, name, what string) {
	short := ""
	if name == "format" {
		short, what = "f", "the `form` of the output:"
	}
	flags.VarP(c, name, short, strings.TrimSuffix(what, ":")+": "+strings.Join(c.of, ", "))
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.of, cobra.ShellCompDirectiveNoFileComp))
}

// whole returns what sets a flag that is a whole number, from least on, and up to most unless that is 0.
func whole(to *int, least, most int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		switch {
		case err == nil && n >= least && (most == 0 || n <= most):
			*to = n
			return nil
		case most > 0:
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		return fmt.Errorf("want a whole number from %d", least)
	}
}

// period returns what sets a flag that is a duration, which may be given in days or weeks too.
func period(to *time.Duration) func(string) error {
	const day = 24 * time.Hour
	return func(value string) error {
		last := max(0, len(value)-1)
		unit := map[string]time.Duration{"d": day, "w": 7 * day}[value[last:]]
		n, err := strconv.ParseFloat(value[:last], 64)
		d := time.Duration(n * float64(unit))
		if unit == 0 {
			d, err = time.ParseDuration(value)
		}
		if err != nil || d <= 0 {
			return errors.New("want a period such as 12h, 30d or 2w")
		}
		*to = d
		return nil
	}
}

// readFile gives read the file that a flag names. Errors name both.
func readFile[T any](flag, name string, read func(io.Reader) (T, error)) (content T, err error) {
	file, err := os.Open(name)
	if err == nil {
		defer file.Close()
		content, err = read(file)
	}
	switch {
	case err == nil:
		return content, nil
	case errors.As(err, new(*fs.PathError)): // which has the name
		return content, fmt.Errorf("%s: %w", flag, err)
	}
	return content, fmt.Errorf("%s %s: %w", flag, name, err)
}

func (p *program) canWriteTo(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&p.output, "output", "", what)
}

func (p *program) hasBaseline(cmd *cobra.Command, what, update string) {
	cmd.Flags().StringVar(&p.baseline, "baseline", "", what)
	cmd.Flags().BoolVar(&p.updateBaseline, "update-baseline", false, update)
}

// readBaseline reads the file of --baseline, and reports whether there is one. A baseline that is not asked for, or is yet
// to be written, is empty.
func readBaseline[B any](p *program, read func(io.Reader) (*B, error)) (baseline *B, found bool, err error) {
	switch {
	case p.baseline == "" && p.updateBaseline:
		return nil, false, errors.New("--update-baseline: say which file with --baseline")
	case p.baseline == "":
		return new(B), false, nil
	}
	baseline, err = readFile("--baseline", p.baseline, read)
	if p.updateBaseline && errors.Is(err, fs.ErrNotExist) {
		return new(B), false, nil
	}
	return baseline, err == nil, err
}

// flagError says what is wrong with a flag, and which one may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := ""
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			hint = "; put an id that begins with a dash after --"
		} else {
			var names []string
			cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
			hint = didYouMean("--", similar(name, names))
		}
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		why := invalid.Unwrap().Error()
		switch invalid.GetFlag().Value.Type() {
		case "bool":
			why = "want true or false"
		case "duration":
			why = "want a duration, such as 30s"
		}
		err = fmt.Errorf("--%s: %s, got %q", invalid.GetFlag().Name, why, invalid.GetValue())
	}
	return fmt.Errorf("%w%s; see %s --help", err, hint, cmd.CommandPath())
}

// similar asks cobra, which compares names of commands only.
func similar(name string, names []string) []string {
	all := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, name := range names {
		all.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	return all.SuggestionsFor(name)
}

func didYouMean(before string, similar []string) string {
	if len(similar) == 0 {
		return ""
	}
	return " (did you mean " + before + strings.Join(similar, " or "+before) + "?)"
}
