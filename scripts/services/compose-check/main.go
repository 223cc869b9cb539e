// Loads compose files with the library that `docker compose` itself loads them with, and prints the project that it would start, as JSON.
// compose-go 2.9.1, which docker compose 2.40 has: go.mod says it too, and this file's name in the cache comes from its text.
// Usage: compose-check FILE [profile…], with the variables of the environment. Ends with 1 and the reason where the file is not valid.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func load(file string, profiles []string) ([]byte, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithProfiles(profiles))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.MarshalJSON()
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: compose-check FILE [profile…]")
		os.Exit(2)
	}
	project, err := load(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(project))
}
