"""Reads a topic from its start to its end for now, as any Avro consumer does, and prints each record as a line of JSON.

usage: read.py BROKERS REGISTRY TOPIC
"""

import json
import sys
from datetime import datetime, timezone

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 30.0

brokers, registry, topic = sys.argv[1:]
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": "python-reader",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
)


def as_json(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    raise TypeError(f"no JSON for {type(value)}")


partitions = sorted(consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions)
consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
reading = set(partitions)
while reading:
    message = consumer.poll(PATIENCE_S)
    if message is None:
        sys.exit(f"nothing came of {topic} {sorted(reading)} for {PATIENCE_S} s")
    if message.error() is not None:
        if message.error().name() != "_PARTITION_EOF":
            sys.exit(str(message.error()))
        reading.discard(message.partition())
        continue
    value = decode(message.value(), SerializationContext(topic, MessageField.VALUE))
    record = {"partition": message.partition(), "key": message.key().decode("utf-8"), "value": value}
    print(json.dumps(record, default=as_json))
consumer.close()
