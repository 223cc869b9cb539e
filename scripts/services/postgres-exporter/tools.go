//go:build tools

// Names the command that the exporter is built from, so that go.mod and go.sum pin it.
package postgresexporter

import _ "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter"
