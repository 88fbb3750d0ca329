// Vestibule on Azure: a function app on a Flex Consumption plan with one instance always ready, and what it stands on.
// The table is in Amazon DynamoDB (docs/deploy-azure.md says how to make it).

@description('Name of the function app; it becomes NAME.azurewebsites.net')
@minLength(2)
@maxLength(60)
param name string

param location string = resourceGroup().location

@description('Who may call: one to eight lines of user:sha256:HEX, HEX being the SHA-256 of the password. Two while you rotate.')
@secure()
param basicCredentials string

@description('Who reviews: lines of name:sha256:HEX or name[claim; claim]:sha256:HEX. Empty: there is no review room (404).')
@secure()
param reviewers string = ''

@description('The DynamoDB table')
param table string

@description('The region of the table, such as eu-west-1')
param awsRegion string

@description('An access key that may read and write the table and read the secrets that the settings name, and nothing else')
@secure()
param awsAccessKeyId string

@secure()
param awsSecretAccessKey string

@description('VESTIBULE_GRAPH_TENANT: the tenant in which accounts are created. Empty: no accounts are. docs/effects says what each of these settings means.')
param graphTenant string = ''

@description('VESTIBULE_GRAPH_DOMAIN: the tenant\'s first domain')
param graphDomain string = ''

@description('VESTIBULE_GRAPH_CLIENT_ID: the app that has the rights; not with managed-identity')
param graphClientId string = ''

@description('VESTIBULE_GRAPH_CREDENTIAL: the proof of who creates accounts. managed-identity, the identity of this function app, needs no secret; else where the client secret is, secret:secretsmanager:ID or secret:ssm:NAME, never the secret itself.')
@secure()
param graphCredential string = ''

@description('VESTIBULE_GRAPH_CLOUD')
@allowed(['global', 'us-government', 'dod', 'china'])
param graphCloud string = 'global'

@description('VESTIBULE_GRAPH_EXTENSIONS: types of custom attributes, lines of extension_APPID_Name=TYPE. Empty: the directory is asked.')
param graphExtensions string = ''

@description('VESTIBULE_INVITE_REDIRECT_URL: where somebody lands who followed an invitation')
param inviteRedirectUrl string = ''

@description('VESTIBULE_INVITE_MAIL: whose mail carries the link of an invitation, vestibule\'s own or Microsoft\'s')
@allowed(['vestibule', 'graph'])
param inviteMail string = 'vestibule'

@description('VESTIBULE_AUDIT_KEY: what proves that nobody changed the histories of requests; 64 hex digits, always the same')
@secure()
@minLength(64)
@maxLength(64)
param auditKey string

@description('VESTIBULE_SEAL_KEY: where the key is that seals links of invitations, secretsmanager:ID or ssm:NAME')
param sealKey string = ''

@description('VESTIBULE_MAIL: what sends mail, smtps://user@host or ses:REGION. Empty: no mail is sent.')
param mail string = ''

@description('VESTIBULE_MAIL_PASSWORD: where the password of the mail server is, secretsmanager:ID or ssm:NAME')
param mailPassword string = ''

@description('VESTIBULE_MAIL_FROM: who the mail is from')
param mailFrom string = ''

@description('VESTIBULE_MAIL_REPLY_TO: where answers go, if not there')
param mailReplyTo string = ''

@description('VESTIBULE_REVIEW_URL: the review room as browsers reach it, for mails to reviewers')
param reviewUrl string = 'https://${name}.azurewebsites.net/api/review'

@description('VESTIBULE_DELIVERY_SCHEDULE: the times before each attempt, such as 0s,5s,5m,30m,2h. Empty: eight attempts in about a day.')
param deliverySchedule string = ''

@description('Milliseconds from arrival to answer. Azure AD B2C gives up after 5 seconds, the cold start included.')
param deadlineMs int = 1500

@description('Days until a log line is deleted. The lines hold no claim values.')
param logRetentionDays int = 30

// What is empty is not set.
var deliverySettings = filter([
  { name: 'VESTIBULE_GRAPH_TENANT', value: graphTenant }
  { name: 'VESTIBULE_GRAPH_DOMAIN', value: graphDomain }
  { name: 'VESTIBULE_GRAPH_CLIENT_ID', value: graphClientId }
  { name: 'VESTIBULE_GRAPH_CREDENTIAL', value: graphCredential }
  { name: 'VESTIBULE_GRAPH_CLOUD', value: empty(graphTenant) ? '' : graphCloud }
  { name: 'VESTIBULE_GRAPH_EXTENSIONS', value: graphExtensions }
  { name: 'VESTIBULE_INVITE_REDIRECT_URL', value: inviteRedirectUrl }
  { name: 'VESTIBULE_INVITE_MAIL', value: empty(graphTenant) ? '' : inviteMail }
  { name: 'VESTIBULE_SEAL_KEY', value: sealKey }
  { name: 'VESTIBULE_MAIL', value: mail }
  { name: 'VESTIBULE_MAIL_PASSWORD', value: mailPassword }
  { name: 'VESTIBULE_MAIL_FROM', value: mailFrom }
  { name: 'VESTIBULE_MAIL_REPLY_TO', value: mailReplyTo }
  { name: 'VESTIBULE_REVIEW_URL', value: reviewUrl }
  { name: 'VESTIBULE_DELIVERY_SCHEDULE', value: deliverySchedule }
], setting => !empty(setting.value))

var suffix = uniqueString(resourceGroup().id, name)
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'vestibule${suffix}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
    }
  }
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    retentionInDays: logRetentionDays
    sku: { name: 'PerGB2018' }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      runtime: { name: 'custom', version: '1.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: 512
        maximumInstanceCount: 40
        // The service waits a few seconds at most, too short for the start of an instance.
        alwaysReady: [
          { name: 'http', instanceCount: 1 }
        ]
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${storage::blobs::packages.name}'
          authentication: { type: 'SystemAssignedIdentity' }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      appSettings: concat([
        { name: 'AzureWebJobsStorage__accountName', value: storage.name }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
        { name: 'VESTIBULE_POLICY', value: '/home/site/wwwroot/policy.toml' }
        { name: 'VESTIBULE_LISTS', value: '/home/site/wwwroot/lists' }
        { name: 'VESTIBULE_STORE', value: 'dynamodb:${table}' }
        { name: 'VESTIBULE_BASE_PATH', value: '/api' }
        { name: 'VESTIBULE_BASIC_CREDENTIALS', value: basicCredentials }
        { name: 'VESTIBULE_REVIEWERS', value: reviewers }
        { name: 'VESTIBULE_AUDIT_KEY', value: auditKey }
        { name: 'VESTIBULE_DEADLINE_MS', value: string(deadlineMs) }
        { name: 'AWS_REGION', value: awsRegion }
        { name: 'AWS_ACCESS_KEY_ID', value: awsAccessKeyId }
        { name: 'AWS_SECRET_ACCESS_KEY', value: awsSecretAccessKey }
      ], deliverySettings)
    }
  }
}

// The app reads its package, and the host keeps its own state, under the app's identity.
resource mayUseStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, app.id, blobDataOwner)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

output postFederationSignupUrl string = 'https://${app.properties.defaultHostName}/api/post-federation-signup'
output postAttributeCollectionUrl string = 'https://${app.properties.defaultHostName}/api/post-attribute-collection'
output preTokenIssuanceUrl string = 'https://${app.properties.defaultHostName}/api/pre-token-issuance'
output reviewUrl string = 'https://${app.properties.defaultHostName}/api/review'
