package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

// version says which release this is, and what the Go tool recorded of the source it was built from: a revision, or,
// without a repository, the version of the module.
func version() string {
	release, source := api.Version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		source = sourceOf(info)
	}
	if source != "" && source != "v"+release {
		release += " (" + source + ")"
	}
	return fmt.Sprintf("psoauth %s %s %s/%s", release, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func sourceOf(info *debug.BuildInfo) string {
	source, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			source = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	if source == "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return source + modified
}
