//go:build tools

// Names the command that the service is built from, so that go.mod and go.sum pin it.
package minio

import _ "github.com/minio/minio"
