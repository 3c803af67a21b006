//! Commands on aliases, except for credentials.

use seatgraph_core::Registration;
use seatgraph_store::{self as store, Alias, AliasId, CredentialState, PageRequest, aliases, profiles};

use crate::aliases::{CreateAlias, UpdateAlias, rules};
use crate::properties::{self, EffectiveProperty, INSTANCE_URL};
use crate::refusal::{Denied, Refusal, RefusalCode, on_conflict};
use crate::{Engine, Result, find};

impl Engine {
    /// Creates an alias.
    ///
    /// # Errors
    /// Refuses an invalid property, naming it; a second level of children; a name in use.
    pub async fn create_alias(&self, input: CreateAlias) -> Result<Alias, Denied> {
        let connector = self.offered(&input.connector)?;
        let parent = self.parent_of(&input).await?;
        let now = self.now();
        let mut alias = Alias {
            id: AliasId::generate(),
            connector: input.connector,
            name: input.name,
            parent_id: input.parent_id,
            instance_url: None,
            properties: input.properties,
            grant_type: None,
            credential_state: CredentialState::Missing,
            client_id: None,
            granted_scopes: Vec::new(),
            principal: None,
            username: None,
            obtained_at: None,
            created_at: now,
            updated_at: now,
        };
        let mut faults: Vec<_> = rules::name(&alias.name).into_iter().collect();
        set_address(&mut alias, input.instance_url, &mut faults);
        self.check_properties(connector, &alias, parent.as_ref(), faults)?;
        let name_taken = || name_taken(&alias.name);
        aliases::insert(self.db(), &alias).await.map_err(|e| on_conflict(e, "connection_aliases_name", name_taken))?;
        Ok(alias)
    }

    /// Updates an alias. Its children inherit the changes.
    ///
    /// # Errors
    /// As [`Engine::create_alias`]. A change of a parent is also refused if it makes a child's configuration invalid.
    pub async fn update_alias(&self, input: UpdateAlias) -> Result<Alias, Denied> {
        let mut alias = self.alias(input.id, "id").await?;
        let connector = self.offered(&alias.connector)?;
        let parent = self.parent(&alias).await?;
        let schema = connector.config_schema();
        let unset: Vec<&str> = input.unset.iter().map(String::as_str).collect();
        let mut faults = rules::names(&schema, &unset, "unset");
        if let Some(name) = input.name {
            faults.extend(rules::name(&name));
            alias.name = name;
        }
        alias.properties = rules::changed(&alias.properties, input.properties, &input.unset);
        if unset.contains(&INSTANCE_URL) {
            alias.instance_url = None;
        }
        set_address(&mut alias, input.instance_url, &mut faults);
        self.check_properties(connector, &alias, parent.as_ref(), faults)?;
        self.check_children(connector, &alias).await?;
        alias.updated_at = self.now();
        let name_taken = || name_taken(&alias.name);
        aliases::update(self.db(), &alias).await.map_err(|e| on_conflict(e, "connection_aliases_name", name_taken))?;
        Ok(alias)
    }

    /// Deletes an alias and its secrets, and revokes its token at the vendor.
    ///
    /// # Errors
    /// Refuses an alias that a profile or child uses, naming it.
    pub async fn delete_alias(&self, id: AliasId) -> Result<(), Denied> {
        let alias = self.alias(id, "id").await?;
        if let Some(refusal) = self.users_of(&alias).await? {
            return Err(refusal.into());
        }
        let before = self.tokens_of(&alias).await?;
        match aliases::delete(self.db(), id).await {
            Err(store::Error::Conflict { .. }) => {
                return Err(in_use(&alias.name, "an object that was just created").into());
            }
            other => other?,
        }
        self.give_back(before).await;
        Ok(())
    }

    /// Returns all properties that the connector defines, with their effective values and origins.
    #[must_use]
    pub fn alias_properties(&self, alias: &Alias, parent: Option<&Alias>) -> Vec<EffectiveProperty> {
        let schema = self.connector(&alias.connector).map(Registration::config_schema);
        schema.map(|schema| properties::effective(&schema, alias, parent)).unwrap_or_default()
    }

    pub(crate) async fn alias(&self, id: AliasId, field: &str) -> Result<Alias, Denied> {
        find::alias(self.db(), id, field).await
    }

    pub(crate) async fn parent(&self, alias: &Alias) -> Result<Option<Alias>, store::Error> {
        match alias.parent_id {
            Some(parent) => aliases::find(self.db(), parent).await,
            None => Ok(None),
        }
    }

    async fn parent_of(&self, input: &CreateAlias) -> Result<Option<Alias>, Denied> {
        let Some(id) = input.parent_id else { return Ok(None) };
        let parent = self.alias(id, "parentId").await?;
        let fault = if parent.parent_id.is_some() {
            format!("alias {} is itself a child; use a parent alias", parent.name)
        } else if parent.connector != input.connector {
            format!(
                "alias {} belongs to connector {}; a child must use the connector of its parent",
                parent.name, parent.connector
            )
        } else {
            return Ok(Some(parent));
        };
        Err(Refusal::new(RefusalCode::Invalid, fault).at(["parentId"]).into())
    }

    fn check_properties(
        &self,
        connector: &Registration,
        alias: &Alias,
        parent: Option<&Alias>,
        mut faults: Vec<Refusal>,
    ) -> Result<(), Denied> {
        let own: Vec<&str> = alias.properties.keys().map(String::as_str).collect();
        faults.extend(rules::names(&connector.config_schema(), &own, "properties"));
        if faults.is_empty() {
            faults.extend(rules::configuration(connector, alias, parent, self.settings()));
        }
        if faults.is_empty() { Ok(()) } else { Err(Denied::Refused(faults)) }
    }

    async fn check_children(&self, connector: &Registration, parent: &Alias) -> Result<(), Denied> {
        for child in self.children(parent.id).await? {
            if let Some(mut refusal) = rules::configuration(connector, &child, Some(parent), self.settings()) {
                refusal.message = format!("child alias {} would become invalid: {}", child.name, refusal.message);
                return Err(refusal.into());
            }
        }
        Ok(())
    }

    /// Returns all children of an alias.
    pub(crate) async fn children(&self, parent: AliasId) -> Result<Vec<Alias>, store::Error> {
        let filter = aliases::AliasFilter { parent_id: Some(parent), ..aliases::AliasFilter::default() };
        let (mut children, mut after) = (Vec::new(), None);
        loop {
            let request = PageRequest { first: Some(200), after, ..PageRequest::default() };
            let page = aliases::page(self.db(), &filter, &request).await?;
            after = page.rows.last().map(|(place, _)| place.clone());
            children.extend(page.rows.into_iter().map(|(_, child)| child));
            if !page.has_next {
                return Ok(children);
            }
        }
    }

    async fn users_of(&self, alias: &Alias) -> Result<Option<Refusal>, Denied> {
        let children = self.children(alias.id).await?;
        if !children.is_empty() {
            let names: Vec<_> = children.iter().map(|child| child.name.as_str()).collect();
            return Ok(Some(in_use(&alias.name, &format!("its children ({})", names.join(", ")))));
        }
        let profiles = profiles::by_alias(self.db(), &[alias.id]).await?;
        let user = profiles.get(&alias.id).and_then(|profiles| profiles.first());
        Ok(user.map(|profile| in_use(&alias.name, &format!("profile {}", profile.name))))
    }
}

fn set_address(alias: &mut Alias, text: Option<String>, faults: &mut Vec<Refusal>) {
    match text.map(|text| rules::address(&text)) {
        Some(Ok(address)) => alias.instance_url = Some(address),
        Some(Err(fault)) => faults.push(fault),
        None => {}
    }
}

fn name_taken(name: &str) -> Refusal {
    Refusal::new(RefusalCode::Conflict, format!("an alias with the name {name} already exists; choose another name"))
        .at(["name"])
}

fn in_use(name: &str, by: &str) -> Refusal {
    Refusal::new(RefusalCode::InUse, format!("alias {name} is used by {by}; delete its users first")).at(["id"])
}
