// Puts one job on the queue "jobs", with nothing of Sluice.
//
//   dotnet new console && dotnet add package Azure.Messaging.ServiceBus && dotnet add package Azure.Identity
//   SERVICE_BUS_NAMESPACE=example.servicebus.windows.net dotnet run
//
// The identity needs the role "Azure Service Bus Data Sender" on the queue.
using Azure.Identity;
using Azure.Messaging.ServiceBus;

const string job = """
    {
      "id": "hello-csharp-1",
      "request": {
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": { "model": "gpt-4o-mini", "max_tokens": 50, "messages": [{ "role": "user", "content": "Say hello." }] }
      }
    }
    """;

var name = Environment.GetEnvironmentVariable("SERVICE_BUS_NAMESPACE") ?? "example.servicebus.windows.net";
await using var client = new ServiceBusClient(name, new DefaultAzureCredential());
await using var sender = client.CreateSender("jobs");
await sender.SendMessageAsync(
    new ServiceBusMessage(job) { MessageId = "hello-csharp-1", ContentType = "application/json" });
