// The OTLP receiver of the OpenTelemetry Collector, for tests: it takes traces over HTTP as a
// collector does and prints what it understood, one line of OTLP JSON a request.
//
//	otlp-collector [ADDRESS]   127.0.0.1:4318 unless another one is given
//
// "listening" is its first line. It ends when its standard input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

func run(address string) error {
	marshaler := ptrace.JSONMarshaler{}
	printing, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		line, err := marshaler.MarshalTraces(traces)
		if err == nil {
			fmt.Println(string(line))
		}
		return err
	})
	if err != nil {
		return err
	}
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	given := confmap.NewFromStringMap(map[string]any{
		"protocols": map[string]any{"http": map[string]any{"endpoint": address}},
	})
	if err := given.Unmarshal(config); err != nil {
		return err
	}
	ctx := context.Background()
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), config, printing)
	if err != nil {
		return err
	}
	if err := receiver.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	fmt.Println("listening")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return receiver.Shutdown(ctx)
}

func main() {
	address := "127.0.0.1:4318"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		fmt.Fprintln(os.Stderr, "otlp-collector:", err)
		os.Exit(1)
	}
}
