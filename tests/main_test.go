package tests

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if told := os.Getenv(asTokenProcess); told != "" {
		if err := beTokenProcess(context.Background(), told); err != nil {
			fmt.Fprintln(os.Stderr, "the process with the tokens ended:", err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if err := stopPostgreSQL(); err != nil {
		fmt.Fprintln(os.Stderr, "PostgreSQL was not stopped:", err)
		code = 1
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
