"""Produces records with the schema that the registry has for the topic. Standard input: a list of [key, value] as JSON, times as
milliseconds.

usage: produce.py BROKERS REGISTRY TOPIC
"""

import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry_url, topic = sys.argv[1:]
registry = SchemaRegistryClient({"url": registry_url})
schema = registry.get_latest_version(f"{topic}-value").schema
encode = AvroSerializer(registry, schema, conf={"auto.register.schemas": False, "use.latest.version": True})
# Keys go where the Java client puts them: librdkafka has another rule unless it is told.
producer = Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "enable.idempotence": True})
failures = []
for key, value in json.load(sys.stdin):
    encoded = encode(value, SerializationContext(topic, MessageField.VALUE))
    producer.produce(topic, key=key, value=encoded, on_delivery=lambda error, _: failures.append(error) if error else None)
left = producer.flush(30)
if left > 0 or failures:
    sys.exit(f"{left} not sent, {failures}")
