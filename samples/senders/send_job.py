"""Puts one job on the queue "jobs", with nothing of Sluice.

    pip install azure-servicebus azure-identity
    SERVICE_BUS_NAMESPACE=example.servicebus.windows.net python send_job.py

The identity needs the role "Azure Service Bus Data Sender" on the queue.
"""

import os

from azure.identity import DefaultAzureCredential
from azure.servicebus import ServiceBusClient, ServiceBusMessage

JOB = """{
  "id": "hello-python-1",
  "request": {
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": { "model": "gpt-4o-mini", "max_tokens": 50, "messages": [{ "role": "user", "content": "Say hello." }] }
  }
}"""

namespace = os.environ.get("SERVICE_BUS_NAMESPACE", "example.servicebus.windows.net")
with ServiceBusClient(namespace, DefaultAzureCredential()) as client:
    with client.get_queue_sender("jobs") as sender:
        sender.send_messages(ServiceBusMessage(JOB, message_id="hello-python-1", content_type="application/json"))
