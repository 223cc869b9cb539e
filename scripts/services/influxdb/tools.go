//go:build tools

// Names the commands that the services are built from, so that go.mod and go.sum pin them.
package influxdb

import (
	_ "github.com/influxdata/influxdb/v2/cmd/influxd"
	_ "github.com/influxdata/pkg-config"
)
