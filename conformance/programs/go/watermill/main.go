// Watermill's messages through Redis streams: a consumer group, refusals, a subscriber that
// dies, fan-out, its router.
package main

// tries watermill-redisstream | github.com/ThreeDotsLabs/watermill-redisstream | groups with refusals and a dead subscriber, fan-out, a router

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

func publisher() (*redisstream.Publisher, error) {
	return redisstream.NewPublisher(redisstream.PublisherConfig{Client: cases.Client(), DefaultMaxlen: 100_000}, watermill.NopLogger{})
}

func subscriber(group, name string) (*redisstream.Subscriber, error) {
	return redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: cases.Client(), ConsumerGroup: group, Consumer: name, FanOutOldestId: "0",
		BlockTime: 50 * time.Millisecond, ClaimInterval: 100 * time.Millisecond, MaxIdleTime: 300 * time.Millisecond, NackResendSleep: 10 * time.Millisecond,
		DisableIndefiniteInitialBlock: true,
	}, watermill.NopLogger{})
}

func publish(topic string, n int) error {
	p, err := publisher()
	if err != nil {
		return err
	}
	defer p.Close()
	for i := range n {
		m := message.NewMessage(watermill.NewUUID(), fmt.Appendf(nil, "%d", i))
		m.Metadata.Set("é", "ü")
		if err := p.Publish(topic, m); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	cases.Check("a group", group)
	cases.Check("fan-out", fanOut)
	cases.Check("a router", router)
}

// group has three subscribers, of which one refuses each message once and one dies.
func group(ctx context.Context) (any, error) {
	const n = 300
	var lock sync.Mutex
	seen, refused := map[string]int{}, map[string]bool{}
	for id := range 3 {
		s, err := subscriber("g", fmt.Sprint("c", id))
		if err != nil {
			return nil, err
		}
		if id != 2 {
			defer s.Close()
		}
		messages, err := s.Subscribe(ctx, "topic")
		if err != nil {
			return nil, err
		}
		go func() {
			for m := range messages {
				if id == 2 { // takes one and never answers
					return
				}
				lock.Lock()
				if text := string(m.Payload); id == 1 && !refused[text] {
					refused[text] = true
					m.Nack()
				} else {
					seen[text]++
					m.Ack()
				}
				lock.Unlock()
			}
		}()
	}
	if err := publish("topic", n); err != nil {
		return nil, err
	}
	client := cases.Client()
	defer client.Close()
	err := cases.Until(ctx, "all were seen", func() bool {
		p, err := client.XPending(ctx, "topic", "g").Result()
		lock.Lock()
		defer lock.Unlock()
		return err == nil && p.Count == 0 && len(seen) == n
	})
	return []any{len(seen), client.XLen(ctx, "topic").Val()}, err
}

// fanOut gives every subscriber every message, in order.
func fanOut(ctx context.Context) (any, error) {
	if err := publish("fan", 50); err != nil {
		return nil, err
	}
	var orders []bool
	for range 2 {
		s, err := subscriber("", "")
		if err != nil {
			return nil, err
		}
		defer s.Close()
		messages, err := s.Subscribe(ctx, "fan")
		if err != nil {
			return nil, err
		}
		var got []string
		for len(got) < 50 {
			select {
			case m := <-messages:
				got = append(got, string(m.Payload)+m.Metadata.Get("é"))
				m.Ack()
			case <-ctx.Done():
				return nil, fmt.Errorf("%d messages", len(got))
			}
		}
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprint(i, "ü"))
		}
		orders = append(orders, slices.Equal(got, want))
	}
	return orders, nil
}

// router lets handlers pass messages on from topic to topic.
func router(ctx context.Context) (any, error) {
	r, err := message.NewRouter(message.RouterConfig{CloseTimeout: time.Second}, watermill.NopLogger{})
	if err != nil {
		return nil, err
	}
	s, err := subscriber("r", "one")
	if err != nil {
		return nil, err
	}
	p, err := publisher()
	if err != nil {
		return nil, err
	}
	var lock sync.Mutex
	var got []string
	tried := map[string]bool{}
	r.AddHandler("double", "in", s, "out", p, func(m *message.Message) ([]*message.Message, error) {
		lock.Lock()
		defer lock.Unlock()
		if text := string(m.Payload); !tried[text] {
			tried[text] = true
			return nil, errors.New("the first time it fails")
		}
		return message.Messages{message.NewMessage(watermill.NewUUID(), append(m.Payload, m.Payload...))}, nil
	})
	r.AddNoPublisherHandler("end", "out", s, func(m *message.Message) error {
		lock.Lock()
		defer lock.Unlock()
		got = append(got, string(m.Payload))
		return nil
	})
	go func() { _ = r.Run(ctx) }()
	<-r.Running()
	if err := publish("in", 20); err != nil {
		return nil, err
	}
	err = cases.Until(ctx, "twenty are through", func() bool { lock.Lock(); defer lock.Unlock(); return len(got) >= 20 })
	_ = r.Close()
	slices.Sort(got)
	return slices.Compact(got), err
}
