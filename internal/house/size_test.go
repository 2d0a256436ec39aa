package house_test

import (
	"os"
	"path/filepath"
	"testing"
)

// The program of README's first lines, and one that does as much as net/http does alone.
const (
	withAPI = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/psoauth/psoauth/api"
)

func main() {
	client, err := api.NewClient(api.WithServiceToken(os.Getenv("ID"), os.Getenv("TOKEN")))
	if err != nil {
		panic(err)
	}
	for token, err := range client.Tokens(context.Background(), "acme", "app", api.ListOptions{}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(token.ID)
	}
}`
	withoutAPI = `package main

import (
	"fmt"
	"net/http"
)

func main() {
	resp, err := http.Get("https://api.planetscale.com")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
}`
)

func TestAPIAddsLittleToAProgram(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds two programs")
	}
	const most = 1_500_000
	with, without := strippedSize(t, withAPI), strippedSize(t, withoutAPI)
	t.Logf("%d bytes with api, %d without: %d more", with, without, with-without)
	if with-without > most {
		t.Errorf("api adds %d bytes to a program, want at most %d", with-without, most)
	}
}

// strippedSize returns how large a program is without symbols.
func strippedSize(t *testing.T, source string) int64 {
	t.Helper()
	dir := t.TempDir()
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "build", "-trimpath", "-ldflags=-s -w", "-o", program, file)
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
